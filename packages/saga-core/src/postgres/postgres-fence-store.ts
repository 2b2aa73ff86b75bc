import { type PostgresOutboxTable, postgresOutboxTable } from '@backstitch/outbox';
import { type Database, defaultSchema } from '@backstitch/postgres';
import type { FenceStore } from '../participant/fence-store.js';
import { classifyFailure } from './classify-failure.js';
import { fenceTables } from './fence-tables.js';
import { fenceTransaction } from './fence-transaction.js';
import { defaultQuarantineRows, insertQuarantine } from './insert-quarantine.js';
import { pruneFenceRows } from './prune-fence-rows.js';
import { requireWholeNumber } from './require-whole-number.js';
import { callersEnd, ownEnd } from './transaction-end.js';

export interface PostgresFenceStoreOptions<Trx> {
  /** The participant's own database: its handlers write in the same transactions. */
  readonly database: Database<Trx>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** Quarantined records that are kept. Default 10,000. */
  readonly quarantineRows?: number;
  /** Where replies go. Default: the outbox of the same schema. */
  readonly outboxTable?: PostgresOutboxTable;
  /** Milliseconds that never go back, added to what the database last said within a transaction. Default `performance.now()`. */
  readonly monotonicNowMs?: () => number;
}

/** The fence on Postgres. */
export function postgresFenceStore<Trx>(options: PostgresFenceStoreOptions<Trx>): FenceStore<Trx> {
  const { database, schema = defaultSchema } = options;
  const { fence: table, quarantine } = fenceTables(schema);
  const outboxTable = options.outboxTable ?? postgresOutboxTable({ schema });
  const about = { table, outboxTable, monotonicNowMs: options.monotonicNowMs };
  const rows = requireWholeNumber('quarantineRows', options.quarantineRows ?? defaultQuarantineRows);
  return {
    async transaction(work) {
      const end = ownEnd();
      try {
        return await database.transaction((trx, sql) => work(fenceTransaction(trx, sql, { ...about, end })));
      } finally {
        end.tell();
      }
    },
    within: (trx) => fenceTransaction(trx, database.within(trx), { ...about, end: callersEnd(trx) }),
    quarantine: (records) => insertQuarantine(database.sql, records, { table: quarantine, rows }),
    classify: classifyFailure,
    prune: (prune) => pruneFenceRows(database.sql, { ...prune, table }),
  };
}
