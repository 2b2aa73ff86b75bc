import type { ClaimOptions, DeadLetterTopic, FailedRow, OutboxStore, SettledRow, Settlement } from '@backstitch/outbox';
import { deadLetterRow, requirePositive } from '@backstitch/outbox/port';
import type { MysqlDatabase, MysqlSql } from './mysql-database.js';
import { claimedRows, claimRows } from './outbox/claim-rows.js';
import { countRows } from './outbox/count-rows.js';
import { findListedRows } from './outbox/find-listed-rows.js';
import { findNextRows } from './outbox/find-next-rows.js';
import { insertRows } from './outbox/insert-rows.js';
import { promoteDueRows } from './outbox/promote-due-rows.js';
import { pruneRows } from './outbox/prune-rows.js';
import { retryLockTrouble } from './outbox/retry-lock-trouble.js';
import { deadLetterSources, settleRows } from './outbox/settle-rows.js';
import { outboxTables } from './outbox/table-names.js';
import { takeTurn } from './outbox/take-turn.js';

export interface MysqlOutboxStoreOptions {
  /** `mysqlDatabase(knex)` or `mysqlDatabase(pool)`. */
  readonly database: Pick<MysqlDatabase<unknown>, 'sql' | 'transaction'>;
  /** What the names of the library's tables begin with. Default `backstitch_`. */
  readonly tablePrefix?: string;
  /** The wait before the first retry in milliseconds; it doubles with each one. Default 5000: 5, 10 and 20 seconds. */
  readonly retryBaseMs?: number;
  /** The longest such wait in milliseconds. Default one hour. */
  readonly retryLongestMs?: number;
  /**
   * Where the broker's last refusal of a row sends it: `(topic) => topic + '.dlq'`, or null for nowhere. The dead letter is an outbox row
   * like any other, inserted in the transaction that makes the row FAILED; the topic must exist. Default: nowhere.
   */
  readonly deadLetterTopic?: DeadLetterTopic;
  /**
   * Called in the transaction that makes rows FAILED: what it throws undoes that, and the settlement is tried again. A deadlock has it called
   * again, in a new transaction.
   */
  readonly onFailed?: (sql: MysqlSql, rows: readonly FailedRow[]) => Promise<void>;
  /** Milliseconds that never go back, for the ends of leases. Default `performance.now()`. The relay must be given the same. */
  readonly monotonicNowMs?: () => number;
}

/** The outbox's store on MySQL and MariaDB. */
export function mysqlOutboxStore(options: MysqlOutboxStoreOptions): OutboxStore {
  const { database, onFailed, deadLetterTopic } = options;
  const { events: table, locks } = outboxTables(options.tablePrefix);
  const retryBaseMs = requirePositive('retryBaseMs', options.retryBaseMs ?? 5_000);
  const retryLongestMs = requirePositive('retryLongestMs', options.retryLongestMs ?? 3_600_000);
  const monotonicNowMs = options.monotonicNowMs ?? (() => performance.now());
  const inTransaction = <T>(work: (sql: MysqlSql) => Promise<T>): Promise<T> =>
    retryLockTrouble(() => database.transaction((_trx, sql) => work(sql)));

  return {
    async claim({ limit, leaseMs, ids, heldRows, rooms }: ClaimOptions) {
      if (ids !== undefined && ids.length === 0) return [];
      let leaseEndsAtMs = 0;
      const taken = await inTransaction((sql) => {
        // Before the statements, of every attempt: the database's lease begins later than this, so that ours ends earlier.
        leaseEndsAtMs = monotonicNowMs() + Math.floor(leaseMs) - 1;
        return takeTurn(sql, locks, async () => {
          await promoteDueRows(sql, table);
          // READ COMMITTED: this look begins after the turn, and shows what the claimer before has committed.
          const claimable =
            ids === undefined
              ? await findNextRows(sql, { table, limit, heldRows, rooms })
              : await findListedRows(sql, { table, ids, limit });
          return claimRows(sql, claimable, { table, leaseMs });
        });
      });
      return claimedRows(taken ?? [], leaseEndsAtMs);
    },
    async settle(settlements: readonly Settlement[]): Promise<readonly SettledRow[]> {
      if (settlements.length === 0) return [];
      return inTransaction(async (sql) => {
        const { settled, failed } = await settleRows(sql, settlements, { table, retryBaseMs, retryLongestMs });
        if (failed.length === 0) return settled;
        if (deadLetterTopic !== undefined) {
          const sources = await deadLetterSources(sql, failed, table);
          const letters = sources.flatMap((row) => deadLetterRow(row, deadLetterTopic) ?? []);
          await insertRows(sql, letters, { table, bornLeaseMs: undefined, monotonicNowMs });
        }
        await onFailed?.(sql, failed);
        return settled;
      });
    },
    counts: () => countRows(database.sql, table),
    prune: (prune) => inTransaction((sql) => pruneRows(sql, prune, { table })),
  };
}
