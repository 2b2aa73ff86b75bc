import type { MemoryTransaction } from '@backstitch/postgres/testing';
import type { SagaStore, SagaTransaction } from '@backstitch/saga-core';
import type { Sightings } from '../sightings.js';
import type { Watch } from '../invariants/watch.js';

type Store = SagaStore<MemoryTransaction>;
type Tx = SagaTransaction<MemoryTransaction>;

/** The same store, which tells what it sees: rare situations, and what no rule allows. */
export function watchedSagaStore(
  store: Store,
  { sightings, watch }: { readonly sightings: Sightings; readonly watch: Watch },
): Store {
  return {
    ...store,
    transaction: (work) => {
      const seen: (() => void)[] = [];
      // What is written counts once it is committed.
      return store
        .transaction((tx) => work(watchedTransaction(tx, { sightings, watch, seen })))
        .then((value) => {
          for (const tell of seen) tell();
          return value;
        });
    },
    within: (trx) => watchedTransaction(store.within(trx), { sightings, watch, seen: [] }),
    async countDiscards(discards) {
      for (const { reason } of discards) {
        if (reason === 'finished') sightings.saw('a late reply came after the end');
        if (reason === 'stale attempt') sightings.saw('a reply of an earlier attempt was stale');
      }
      await store.countDiscards(discards);
    },
    async quarantine(records) {
      if (records.some(({ reason }) => reason === 'bad reply token')) sightings.saw('a forged reply was put aside');
      await store.quarantine(records);
    },
  };
}

interface Seeing {
  readonly sightings: Sightings;
  readonly watch: Watch;
  readonly seen: (() => void)[];
}

function watchedTransaction(tx: Tx, { sightings, watch, seen }: Seeing): Tx {
  return {
    ...tx,
    async claimStartKey(claim) {
      const answer = await tx.claimStartKey(claim);
      if (answer.kind === 'taken') sightings.saw('a start was repeated with its key');
      return answer;
    },
    async insert(instances, options) {
      const claimed = await tx.insert(instances, options);
      // Transactions take turns: what is written first is committed first, or never.
      watch.messages(instances.flatMap(({ messages }) => messages));
      return claimed;
    },
    async save(changes, options) {
      const result = await tx.save(changes, options);
      const saved = new Set(result.saved);
      if (saved.size < changes.length) sightings.saw('somebody lost the race for an instance');
      const won = changes.filter(({ instance }) => saved.has(instance.id));
      watch.messages(won.flatMap(({ messages }) => messages));
      seen.push(() => {
        for (const change of won) watch.saved(change);
      });
      return result;
    },
    async withdraw(outboxIds) {
      const taken = await tx.withdraw(outboxIds);
      if (taken.length > 0) sightings.saw('a command was taken back unsent');
      return taken;
    },
    async post(letters) {
      if (letters.some(({ input }) => input.kind === 'replied'))
        sightings.saw('a reply waited for a process that knows its version');
      return tx.post(letters);
    },
  };
}
