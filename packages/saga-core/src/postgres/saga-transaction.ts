import type { OutboxTable } from '@backstitch/outbox';
import { type Sql, savepoint } from '@backstitch/postgres';
import type { SagaTransaction } from '../engine/saga-store.js';
import { checkLocks } from './check-locks.js';
import { claimStartKey } from './claim-start-key.js';
import { enqueueLocks } from './enqueue-locks.js';
import { insertInstances } from './insert-instances.js';
import { insertJournal } from './insert-journal.js';
import { lockInstances } from './lock-instances.js';
import { postLetters } from './post-letters.js';
import { readInstances } from './read-instances.js';
import { leaving, releaseLocks } from './release-locks.js';
import type { SagaTables } from './saga-tables.js';
import { saveInstances } from './save-instances.js';
import { transactionClock } from './transaction-clock.js';
import type { TransactionEnd } from './transaction-end.js';

export interface SagaTransactionOptions {
  readonly tables: SagaTables;
  readonly outboxTable: OutboxTable<Sql>;
  readonly lockTimeoutMs: number;
  readonly end: TransactionEnd;
  readonly monotonicNowMs?: (() => number) | undefined;
}

/** The store's statements on one open transaction: `trx` is its owner's face, `sql` ours. */
export function sagaTransaction<Trx>(trx: Trx, sql: Sql, options: SagaTransactionOptions): SagaTransaction<Trx> {
  const { tables, outboxTable, lockTimeoutMs, end } = options;
  const clock = transactionClock(sql, options.monotonicNowMs);
  /** Revisions of rows that this transaction has locked and not yet saved: nobody else can change them until it ends. */
  const held = new Map<string, number>();
  return {
    trx,
    now: () => clock.now(),
    async savepoint(work) {
      try {
        return await savepoint(sql, work);
      } catch (error) {
        // Locks that were taken behind it are gone with it.
        held.clear();
        throw error;
      }
    },
    claimStartKey: (claim) => claimStartKey(sql, claim, { table: tables.startKeys, lockTimeoutMs }),
    enqueueLocks: (request) => enqueueLocks(sql, request, { table: tables.locks, lockTimeoutMs }),
    checkLocks: (sagaId) => checkLocks(sql, sagaId, { table: tables.locks }),
    async insert(instances, { bornLeaseMs } = {}) {
      await insertInstances(sql, instances, { tables });
      const journals = instances.map(({ instance, entries }) => ({ sagaId: instance.id, entries }));
      await insertJournal(sql, journals, { table: tables.journal });
      await releaseLocks(sql, leaving(instances), { tables });
      const messages = instances.flatMap((each) => each.messages);
      return outboxTable.insert(sql, messages, bornLeaseMs === undefined ? {} : { bornLeaseMs });
    },
    async hold(ids) {
      const locked = await lockInstances(sql, ids, { table: tables.instances });
      for (const [id, revision] of locked) held.set(id, revision);
      return locked;
    },
    async lock(ids) {
      const locked = await lockInstances(sql, ids, { table: tables.instances });
      if (locked.size === 0) return [];
      for (const [id, revision] of locked) held.set(id, revision);
      const { now, instances } = await readInstances(sql, [...locked.keys()], { tables });
      clock.heard(now);
      return instances;
    },
    async save(changes, saveOptions = {}) {
      const result = await saveInstances(sql, changes, { ...saveOptions, tables, outboxTable, held });
      for (const id of result.saved) held.delete(id);
      return result;
    },
    withdraw: (outboxIds) => outboxTable.withdraw(sql, outboxIds),
    post: (letters) => postLetters(sql, letters, { tables }),
    afterEnd: (run) => end.afterEnd(run),
    phase: () => end.phase(),
  };
}
