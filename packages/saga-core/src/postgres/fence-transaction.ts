import type { OutboxTable } from '@backstitch/outbox';
import { type Sql, savepoint } from '@backstitch/postgres';
import type { FenceTransaction } from '../participant/fence-store.js';
import { claimFenceRow, findFenceRow } from './claim-fence-row.js';
import { forgetFenceRow } from './forget-fence-row.js';
import { settleFenceRow } from './settle-fence-row.js';
import { transactionClock } from './transaction-clock.js';
import type { TransactionEnd } from './transaction-end.js';

export interface FenceTransactionOptions {
  /** The quoted name of the fence's table. */
  readonly table: string;
  readonly outboxTable: OutboxTable<Sql>;
  readonly end: TransactionEnd;
  readonly monotonicNowMs?: (() => number) | undefined;
}

/** The fence's statements on one open transaction: `trx` is its owner's face, `sql` ours. */
export function fenceTransaction<Trx>(trx: Trx, sql: Sql, options: FenceTransactionOptions): FenceTransaction<Trx> {
  const { table, outboxTable, end } = options;
  const clock = transactionClock(sql, options.monotonicNowMs);
  return {
    trx,
    now: () => clock.now(),
    savepoint: (inner) => savepoint(sql, inner),
    async claim(key) {
      const { row, now } = await claimFenceRow(sql, key, { table });
      if (now !== undefined) clock.heard(now);
      return row;
    },
    find: (key) => findFenceRow(sql, key, { table }),
    settle: (key, row) => settleFenceRow(sql, { key, row }, { table }),
    forget: (key) => forgetFenceRow(sql, key, { table }),
    publish: (messages, publishOptions) => outboxTable.insert(sql, messages, publishOptions),
    afterEnd: (run) => end.afterEnd(run),
  };
}
