import { type OutboxTable, postgresOutboxTable } from '@backstitch/outbox';
import { type Database, defaultSchema, type Sql, savepoint } from '@backstitch/postgres';
import type { FenceStore } from '../participant/fence-store.js';
import { classifyFailure } from './classify-failure.js';
import { claimFenceRow } from './claim-fence-row.js';
import { fenceTables } from './fence-tables.js';
import { defaultQuarantineRows, insertQuarantine } from './insert-quarantine.js';
import { pruneFenceRows } from './prune-fence-rows.js';
import { requireWholeNumber } from './require-whole-number.js';
import { settleFenceRow } from './settle-fence-row.js';
import { transactionClock } from './transaction-clock.js';

export interface PostgresFenceStoreOptions<Trx> {
  /** The participant's own database: its handlers write in the same transactions. */
  readonly database: Database<Trx>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** Quarantined records that are kept. Default 10,000. */
  readonly quarantineRows?: number;
  /** Where replies go. Default: the outbox of the same schema. */
  readonly outboxTable?: OutboxTable<Sql>;
  /** Milliseconds that never go back, added to what the database last said within a transaction. Default `performance.now()`. */
  readonly monotonicNowMs?: () => number;
}

/** The fence on Postgres. */
export function postgresFenceStore<Trx>(options: PostgresFenceStoreOptions<Trx>): FenceStore<Trx> {
  const { database, schema = defaultSchema } = options;
  const { fence: table, quarantine } = fenceTables(schema);
  const outboxTable = options.outboxTable ?? postgresOutboxTable({ schema });
  const rows = requireWholeNumber('quarantineRows', options.quarantineRows ?? defaultQuarantineRows);
  return {
    transaction: (work) =>
      database.transaction((trx, sql) => {
        const clock = transactionClock(sql, options.monotonicNowMs);
        return work({
          trx,
          now: () => clock.now(),
          savepoint: (inner) => savepoint(sql, inner),
          async claim(key) {
            const { row, now } = await claimFenceRow(sql, key, { table });
            if (now !== undefined) clock.heard(now);
            return row;
          },
          settle: (key, row) => settleFenceRow(sql, { key, row }, { table }),
          publish: (messages, publishOptions) => outboxTable.insert(sql, messages, publishOptions),
        });
      }),
    quarantine: (records) => insertQuarantine(database.sql, records, { table: quarantine, rows }),
    classify: classifyFailure,
    prune: (prune) => pruneFenceRows(database.sql, { ...prune, table }),
  };
}
