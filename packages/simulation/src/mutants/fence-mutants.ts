import type { MemoryTransaction } from '@backstitch/postgres/testing';
import type { FenceKey, FenceRow, FenceStore, FenceTransaction } from '@backstitch/saga-core/participant';
import { inTransactions } from './in-transactions.js';
import type { Mutant } from './mutant.js';

type Store = FenceStore<MemoryTransaction>;
type Tx = FenceTransaction<MemoryTransaction>;

const fresh: FenceRow = { status: 'fresh', doReply: null, undoReply: null };
const bent = (bend: (tx: Tx) => Partial<Tx>) => (store: Store) => inTransactions<Tx, Store>(store, bend);
/** What is read of the fence's row is something else. */
const misread = (read: (row: FenceRow) => FenceRow) =>
  bent((tx) => ({ claim: async (key) => read(await tx.claim(key)) }));

/** Faults of a participant's memory. */
export const fenceMutants: readonly Mutant[] = [
  { fault: 'the fence forgets everything', fenceStore: misread(() => fresh) },
  {
    fault: 'the fence does not know tombstones',
    fenceStore: misread((row) => (row.status === 'tombstone' || row.status === 'undone' ? fresh : row)),
  },
  {
    fault: 'an undo of what was never done leaves no tombstone',
    fenceStore: bent((tx) => ({
      record: ({ settled, replies }, options) =>
        tx.record(
          { settled: settled.filter(({ row }) => row.status !== 'tombstone' || row.doReply !== null), replies },
          options,
        ),
    })),
  },
  {
    fault: 'a second undo is run like the first',
    fenceStore: misread((row) => (row.status === 'undone' ? { ...row, status: 'succeeded' } : row)),
  },
  {
    fault: 'what a handler wrote stays although it declined',
    fenceStore: keepsDeclined,
  },
  { fault: 'the fence is written in a transaction after the handler', fenceStore: settlesLater },
  {
    fault: 'the fence remembers for three seconds',
    fenceStore: (store, { nowMs }) => {
      const settledAt = new Map<string, number>();
      return inTransactions<Tx, Store>(store, (tx) => ({
        claim: async (key) => {
          const row = await tx.claim(key);
          return (settledAt.get(JSON.stringify(key)) ?? nowMs()) < nowMs() - 3_000 ? fresh : row;
        },
        record: (records, options) => {
          for (const { key } of records.settled) settledAt.set(JSON.stringify(key), nowMs());
          return tx.record(records, options);
        },
      }));
    },
  },
];

/** A decline is thrown out of its transaction, which here commits all the same. */
function keepsDeclined(store: Store): Store {
  return {
    ...store,
    async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      const ended = await store.transaction(async (tx) => {
        try {
          return { kind: 'returned' as const, value: await work(tx) };
        } catch (error) {
          if (!(error instanceof Error && error.name === 'RolledBack')) throw error;
          return { kind: 'declined' as const, error };
        }
      });
      if (ended.kind === 'declined') throw ended.error;
      return ended.value;
    },
  };
}

function settlesLater(store: Store): Store {
  return {
    ...store,
    async transaction(work) {
      const settled: (readonly [FenceKey, FenceRow])[] = [];
      const value = await store.transaction((tx) =>
        work({
          ...tx,
          record: ({ settled: rows, replies }, options) => {
            for (const { key, row } of rows) settled.push([key, row]);
            return tx.record({ settled: [], replies }, options);
          },
        }),
      );
      if (settled.length > 0)
        await store.transaction(async (tx) => {
          for (const [key, row] of settled) {
            await tx.claim(key);
            await tx.settle(key, row);
          }
        });
      return value;
    },
  };
}
