import type { PostgresOutboxTable } from '@backstitch/outbox';
import type { Sql } from '@backstitch/postgres';
import type { FenceKey, FenceRow, FenceTransaction } from '../participant/fence-store.js';
import { claimFenceRow, findFenceRow } from './claim-fence-row.js';
import { claimFenceRows } from './claim-fence-rows.js';
import { forgetFenceRow } from './forget-fence-row.js';
import { recordFenceRows } from './record-fence-rows.js';
import { settleFenceRow } from './settle-fence-row.js';
import { transactionClock } from './transaction-clock.js';
import type { TransactionEnd } from './transaction-end.js';

export interface FenceTransactionOptions {
  /** The quoted name of the fence's table. */
  readonly table: string;
  readonly outboxTable: PostgresOutboxTable;
  readonly end: TransactionEnd;
  readonly monotonicNowMs?: (() => number) | undefined;
}

const fresh: FenceRow = { status: 'fresh', doReply: null, undoReply: null };

/** The fence's statements on one open transaction: `trx` is its owner's face, `sql` ours. */
export function fenceTransaction<Trx>(trx: Trx, sql: Sql, options: FenceTransactionOptions): FenceTransaction<Trx> {
  const { table, outboxTable, end } = options;
  const clock = transactionClock(sql, options.monotonicNowMs);
  const stored = new Set<string>();
  const claimed = (key: FenceKey, row: FenceRow | undefined): FenceRow => {
    if (row !== undefined) stored.add(placeOf(key));
    return row ?? fresh;
  };
  return {
    trx,
    now: () => clock.now(),
    async claim(key) {
      const { row, now } = await claimFenceRow(sql, key, { table });
      clock.heard(now);
      return claimed(key, row);
    },
    async claimAll(keys) {
      const { rows, now } = await claimFenceRows(sql, keys, { table });
      clock.heard(now);
      return keys.map((key, at) => claimed(key, rows[at]));
    },
    find: (key) => findFenceRow(sql, key, { table }),
    settle: (key, row) => settleFenceRow(sql, { key, row }, { table }),
    forget: (key) => forgetFenceRow(sql, key, { table }),
    publish: (messages, publishOptions) => outboxTable.insert(sql, messages, publishOptions),
    async record({ settled, replies }, { bornLeaseMs }) {
      if (settled.length === 0) return outboxTable.insert(sql, replies, { bornLeaseMs });
      const rows = settled.map(({ key, row }) => ({ key, row, isStored: stored.has(placeOf(key)) }));
      return outboxTable.insertBeside(sql, recordFenceRows(rows, { table }), replies, { bornLeaseMs });
    },
    afterEnd: (run) => end.afterEnd(run),
  };
}

function placeOf({ sagaId, step, item, round }: FenceKey): string {
  return JSON.stringify([sagaId, step, item, round]);
}
