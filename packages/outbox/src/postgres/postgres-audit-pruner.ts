import { silentLogger, systemClock } from '@backstitch/messaging';
import type { Database } from '@backstitch/postgres';
import { createPruneLoop, type Pruner } from '../prune-loop.js';
import type { PruneTimes } from '../pruner.js';
import { requirePositive } from '../require-positive.js';
import { outboxAuditTableName } from './outbox-table-name.js';
import { pruneAudit } from './prune-audit.js';

export interface PostgresAuditPrunerOptions extends PruneTimes {
  readonly database: Database<unknown>;
  /** Default `backstitch`. */
  readonly schema?: string;
  /** How long it is kept what was done by hand, in milliseconds: as long as your auditors ask for. No default. */
  readonly keepMs: number;
}

/** Deletes old entries of `outbox_audit`. Nothing else does; start one only where the record may be forgotten. */
export function postgresAuditPruner(options: PostgresAuditPrunerOptions): Pruner {
  const { database, clock = systemClock, logger = silentLogger } = options;
  const auditTable = outboxAuditTableName(options.schema ?? 'backstitch');
  const olderThanMs = requirePositive('keepMs', options.keepMs);
  const limit = requirePositive('batchSize', options.batchSize ?? 5_000);
  const intervalMs = requirePositive('intervalMs', options.intervalMs ?? 3_600_000);
  const runOnce = (): Promise<number> => pruneAudit(database.sql, { olderThanMs, limit }, { auditTable });
  return createPruneLoop({ what: 'audit entries of the outbox', runOnce, limit, intervalMs, clock, logger });
}
