import type { Database, Sql } from '@backstitch/postgres';
import { type DeadLetterTopic, deadLetterRow } from '../dead-letter-row.js';
import { requirePositive } from '../require-positive.js';
import type { ClaimOptions, FailedRow, OutboxStore, SettledRow, Settlement } from '../outbox-store.js';
import { admitRows } from './admit-rows.js';
import { blockRows } from './block-rows.js';
import { claimListedRows } from './claim-listed-rows.js';
import { claimNextRows } from './claim-next-rows.js';
import { countRows } from './count-rows.js';
import { claimedRows } from './grant-claims.js';
import { insertOutboxRows } from './insert-outbox-rows.js';
import { outboxReleasesTableName, outboxTableName } from './outbox-table-name.js';
import { pruneRows } from './prune-rows.js';
import { settleRows } from './settle-rows.js';
import { takeTurn } from './take-turn.js';

export interface PostgresOutboxStoreOptions {
  /** `postgresDatabase(knex)` or `postgresDatabase(pool)`. */
  readonly database: Database<unknown>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** The wait before the first retry in milliseconds; it doubles with each one. Default 5000: 5, 10 and 20 seconds. */
  readonly retryBaseMs?: number;
  /** The longest such wait in milliseconds. Default one hour. */
  readonly retryLongestMs?: number;
  /**
   * Where the broker's last refusal of a row sends it: `(topic) => topic + '.dlq'`, or null for nowhere. The dead letter is an outbox row
   * like any other, inserted in the transaction that makes the row FAILED; the topic must exist. Default: nowhere.
   */
  readonly deadLetterTopic?: DeadLetterTopic;
  /** Called in the transaction that makes rows FAILED: what it throws undoes that, and the settlement is tried again. */
  readonly onFailed?: (sql: Sql, rows: readonly FailedRow[]) => Promise<void>;
  /** Milliseconds that never go back, for the ends of leases. Default `performance.now()`. The relay must be given the same. */
  readonly monotonicNowMs?: () => number;
}

/** The outbox's store on Postgres. */
export function postgresOutboxStore(options: PostgresOutboxStoreOptions): OutboxStore {
  const { database, onFailed, deadLetterTopic } = options;
  const schema = options.schema ?? 'backstitch';
  const table = outboxTableName(schema);
  const releasesTable = outboxReleasesTableName(schema);
  const retryBaseMs = requirePositive('retryBaseMs', options.retryBaseMs ?? 5_000);
  const retryLongestMs = requirePositive('retryLongestMs', options.retryLongestMs ?? 3_600_000);
  const monotonicNowMs = options.monotonicNowMs ?? (() => performance.now());
  const settleOptions = { table, retryBaseMs, retryLongestMs };

  return {
    async claim({ limit, leaseMs, ids, heldRows, rooms }: ClaimOptions) {
      if (ids !== undefined && ids.length === 0) return [];
      const leaseEndsAtMs = monotonicNowMs() + leaseMs - 1;
      const taken = await database.transaction(async (_trx, sql) => {
        // One claimer at a time, or two would each take half of a lane. Of the transaction, not the session: a pooler may swap sessions.
        // Tried, not waited for: a claimer that hangs must not hang the others, and whoever has the turn takes the rows anyway.
        const turn = await sql.query<{ mine: boolean }>(takeTurn, [`backstitch.outbox.claim:${schema}`]);
        if (turn.rows[0]?.mine !== true) return [];
        await admitRows(sql, { table, releasesTable });
        // A statement of its own: its snapshot is taken after the lock, and shows what the claimer before has committed.
        if (ids !== undefined) return claimListedRows(sql, { table, ids, limit, leaseMs });
        const next = await claimNextRows(sql, { table, releasesTable, limit, leaseMs, heldRows, rooms });
        if (next.blocked) await blockRows(sql, table);
        return next.taken;
      });
      return claimedRows(taken, leaseEndsAtMs);
    },
    async settle(settlements: readonly Settlement[]): Promise<readonly SettledRow[]> {
      const isTold = onFailed !== undefined || deadLetterTopic !== undefined;
      const mayFail = isTold && settlements.some(({ outcome }) => outcome.kind === 'refused');
      if (!mayFail) return (await settleRows(database.sql, settlements, settleOptions)).settled;
      return database.transaction(async (_trx, sql) => {
        const { settled, failed } = await settleRows(sql, settlements, settleOptions);
        if (failed.length === 0) return settled;
        if (deadLetterTopic !== undefined) {
          const letters = failed.flatMap((row) => deadLetterRow(row, deadLetterTopic) ?? []);
          await insertOutboxRows(sql, letters, { table, bornLeaseMs: undefined, monotonicNowMs });
        }
        // Without the payloads, which `onFailed` would be tempted to log.
        await onFailed?.(
          sql,
          failed.map(({ payload: _, headers: __, ...row }) => row),
        );
        return settled;
      });
    },
    counts: () => countRows(database.sql, table),
    prune: (prune) => pruneRows(database.sql, prune, { table }),
  };
}
