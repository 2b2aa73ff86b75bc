import type { MemoryTransaction } from '@backstitch/postgres/testing';
import type { SagaStore, SagaTransaction } from '@backstitch/saga-core';
import { inTransactions } from './in-transactions.js';
import type { Mutant } from './mutant.js';

type Store = SagaStore<MemoryTransaction>;
type Tx = SagaTransaction<MemoryTransaction>;
type Change = Parameters<Tx['save']>[0][number];

const bent = (bend: (tx: Tx) => Partial<Tx>) => (store: Store) => inTransactions<Tx, Store>(store, bend);
/** What is saved is something else. */
const missaved = (change: (given: Change) => Change) =>
  bent((tx) => ({ save: (changes, options) => tx.save(changes.map(change), options) }));

/** Faults of the instances' store. */
export const sagaStoreMutants: readonly Mutant[] = [
  {
    fault: 'who lost the race for an instance is told that he won',
    sagaStore: bent((tx) => ({
      save: async (changes, options) => ({
        ...(await tx.save(changes, options)),
        saved: changes.map(({ instance }) => instance.id),
      }),
    })),
  },
  {
    fault: 'the last one to save wins',
    sagaStore: bent((tx) => ({
      save: async (changes, options) => {
        const found = await tx.lock(changes.map(({ instance }) => instance.id));
        const now = new Map(found.map(({ instance, revision }) => [instance.id, { revision, seq: instance.seq }]));
        const rebased = changes.map((change) => {
          const { revision, seq } = now.get(change.instance.id) ?? { revision: change.revision, seq: 0 };
          const entries = change.entries.map((entry, index) => ({ ...entry, seq: seq + index + 1 }));
          return { ...change, revision, entries, instance: { ...change.instance, seq: seq + entries.length } };
        });
        return tx.save(rebased, options);
      },
    })),
  },
  {
    fault: 'a save drops letters that came meanwhile',
    sagaStore: (store) =>
      inTransactions<Tx, Store>(store, (tx) => ({
        save: async (changes, options) => {
          const letters = await store.mailbox(changes.map(({ instance }) => instance.id));
          const taken = ({ instance }: Change) =>
            letters.filter(({ sagaId }) => sagaId === instance.id).map(({ id }) => id);
          return tx.save(
            changes.map((change) => ({ ...change, taken: taken(change) })),
            options,
          );
        },
      })),
  },
  { fault: 'letters to other instances are lost', sagaStore: missaved((change) => ({ ...change, letters: [] })) },
  {
    fault: 'the journal misses every fifth entry',
    sagaStore: missaved((change) => ({
      ...change,
      entries: change.entries.map((entry) => (entry.seq % 5 === 0 ? { ...entry, events: [] } : entry)),
    })),
  },
  {
    fault: 'a start key may be used again',
    sagaStore: bent(() => ({ claimStartKey: async () => ({ kind: 'claimed' }) })),
  },
  {
    fault: 'locks are granted to everybody',
    sagaStore: bent((tx) => ({
      enqueueLocks: async (request) => {
        const answer = await tx.enqueueLocks(request);
        return answer.kind === 'waiting' ? { kind: 'held' } : answer;
      },
      checkLocks: async () => 'granted',
    })),
  },
  {
    fault: 'what was sent is said to have been taken back',
    sagaStore: bent((tx) => ({
      withdraw: async (outboxIds) => {
        await tx.withdraw(outboxIds);
        return outboxIds;
      },
    })),
  },
  {
    fault: 'what a local step wrote stays although it declined',
    sagaStore: bent(() => ({ savepoint: (work) => work() })),
  },
  {
    fault: 'an unheard commit counts as committed',
    sagaStore: (store) => ({
      ...store,
      async transaction(work) {
        let done: { readonly value: unknown } | undefined;
        try {
          return await store.transaction(async (tx) => {
            const value = await work(tx);
            done = { value };
            return value;
          });
        } catch (error) {
          if (done === undefined) throw error;
          return done.value as Awaited<ReturnType<typeof work>>;
        }
      },
    }),
  },
  {
    fault: 'commands are sent before the commit',
    sagaStore: (store, { relay }) =>
      inTransactions<Tx, Store>(store, (tx) => ({
        save: async (changes, options) => {
          const result = await tx.save(changes, options);
          relay.publish(result.claimed);
          return result;
        },
        insert: async (instances, options) => {
          const claimed = await tx.insert(instances, options);
          relay.publish(claimed);
          return claimed;
        },
      })),
  },
  {
    fault: 'what is due is only looked for after a start',
    sagaStore: (store, { nowMs }) => {
      const begunAt = nowMs();
      return { ...store, due: async (options) => (nowMs() - begunAt > 3_000 ? [] : store.due(options)) };
    },
  },
  {
    fault: 'what waits for another version is thrown away',
    sagaStore: bent((tx) => ({
      post: async (letters) => tx.post(letters.filter(({ input }) => input.kind !== 'replied')),
    })),
  },
];
