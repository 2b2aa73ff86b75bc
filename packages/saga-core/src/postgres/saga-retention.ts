import { type Clock, type Logger, silentLogger, systemClock } from '@backstitch/messaging';
import { type Database, defaultSchema } from '@backstitch/postgres';
import { SagaError } from '../errors.js';
import { createPruneLoop, type Retention } from '../exchange/prune-loop.js';
import { pruneDiscards } from './prune-discards.js';
import { pruneInstances } from './prune-instances.js';
import { pruneStartKeys } from './prune-start-keys.js';
import { requireWholeNumber } from './require-whole-number.js';
import { sagaTables } from './saga-tables.js';

export interface SagaRetentionOptions {
  /** `postgresDatabase(knex)` or `postgresDatabase(pool)`. */
  readonly database: Database<unknown>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** How long an instance is kept after its end, in milliseconds, with its journal. As long as somebody may ask what happened; no default. */
  readonly keepMs: number;
  /** How long a start key is kept, counted from the start. Not shorter than `keepMs`. Default 90 days, or `keepMs` where that is longer. */
  readonly keepStartKeysMs?: number;
  /** Most instances that one transaction deletes. Default 200. */
  readonly batchSize?: number;
  /** The pause after a run that found nothing more, in milliseconds. Default one minute. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Rows that one run deleted; an instance's journal, tags and counters go with it and are not counted. */
export interface PrunedSagas extends Readonly<Record<string, number>> {
  readonly instances: number;
  readonly startKeys: number;
  readonly discards: number;
}

const defaultKeepStartKeysMs = 90 * 86_400_000;

/**
 * Deletes what finished long ago. Never an instance that lives or is parked, nor one whose parent, child or other kin is not over for as long. A
 * reply that comes for a deleted instance is put into the quarantine: keep instances longer than your brokers keep replies.
 */
export function createSagaRetention(options: SagaRetentionOptions): Retention<PrunedSagas> {
  const { database, clock = systemClock, logger = silentLogger } = options;
  const tables = sagaTables(options.schema ?? defaultSchema);
  const keepMs = requireWholeNumber('keepMs', options.keepMs);
  const keepStartKeysMs = requireWholeNumber(
    'keepStartKeysMs',
    options.keepStartKeysMs ?? Math.max(keepMs, defaultKeepStartKeysMs),
  );
  if (keepStartKeysMs < keepMs) throw keysTooShort(keepStartKeysMs, keepMs);
  const limit = requireWholeNumber('batchSize', options.batchSize ?? 200);
  const intervalMs = requireWholeNumber('intervalMs', options.intervalMs ?? 60_000);
  const runOnce = async (): Promise<PrunedSagas> => ({
    instances: await pruneInstances(database, { tables, limit, olderThanMs: keepMs }),
    startKeys: await pruneStartKeys(database.sql, { tables, limit, olderThanMs: keepStartKeysMs }),
    discards: await pruneDiscards(database.sql, { tables, limit, olderThanMs: keepMs }),
  });
  return createPruneLoop({ what: 'finished saga instances', runOnce, batchSize: limit, intervalMs, clock, logger });
}

function keysTooShort(keepStartKeysMs: number, keepMs: number): SagaError {
  return new SagaError(
    'OPTION_INVALID',
    `keepStartKeysMs is ${keepStartKeysMs}, and instances are kept ${keepMs} ms.`,
    {
      fields: { field: 'keepStartKeysMs', found: keepStartKeysMs, keepMs },
      hint: 'Keep start keys at least as long as instances: a key is deleted only when its instance is gone.',
    },
  );
}
