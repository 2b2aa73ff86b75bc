import type { InstanceCount, InstanceCounts } from '../../../src/engine/instance-reads.js';
import { placeOrder } from '../../../src/testing/conformance/sample-instance.js';
import type { Standing } from '../../../src/engine/saga-store.js';
import { ids, rowIds, type StoreCommand } from './store-command.js';

const definitions = [1, 2].map((version) => ({ ...placeOrder, version }));
const sorted = (given: readonly string[]): readonly string[] => [...given].sort();

/** Everything that a store tells, in one answer: asked after each sequence, so that nothing that differs stays hidden. */
export const readEverything: StoreCommand = {
  name: 'everything is read',
  async run({ sagas, fences }) {
    const { store, outbox } = sagas;
    const { reads } = store;
    const [first] = definitions;
    return {
      instances: (await store.load(ids)).instances,
      due: sorted(await store.due({ limit: 100, definitions })),
      dueOfSecond: sorted(await store.due({ limit: 100, definitions: definitions.slice(1) })),
      mail: (await store.mailbox(ids)).map(({ id, sagaId }) => `${sagaId} ${id}`).sort(),
      locks: await store.lockQueue(ids),
      unsent: sorted(await store.unsent(rowIds)),
      liveHashes: await store.liveHashes(placeOrder),
      liveIds: first === undefined ? [] : await store.liveIds({ ...first, after: null, limit: 10 }),
      beyond: await store.liveBeyond(definitions.slice(0, 1), { countTo: 10 }),
      standings: (await store.standings()).map(standingText).sort(),
      counts: inOrder(await reads.counts({ countTo: 2 })),
      messages: (await reads.messages(rowIds)).map(({ id, status, retryCount, inDoubt }) => ({
        id,
        status,
        retryCount,
        inDoubt,
      })),
      journals: await Promise.all(ids.map((id) => reads.journal(id, { afterSeq: 0, limit: 100 }))),
      discards: await Promise.all(ids.map((id) => reads.discards(id, 100))),
      outbox: await outboxCounts(await outbox.counts()),
      fences: await fences.store.transaction((tx) =>
        Promise.all(
          ids
            .flatMap((sagaId) => [-1, 0].map((item) => ({ sagaId, item })))
            .map(({ sagaId, item }) => tx.find({ sagaId, step: 'reserve', item, round: 1 })),
        ),
      ),
    };
  },
};

/** The age is of the machine's own time on one side. */
async function outboxCounts({ oldestAgeMs: _age, ...counts }: { readonly oldestAgeMs: number | null }) {
  return counts;
}

/** Groups come in no promised order. */
function inOrder({ groups, paused }: InstanceCounts) {
  const text = ({ saga, version, status }: InstanceCount): string => `${saga} ${version} ${status}`;
  return { groups: [...groups].sort((one, other) => (text(one) < text(other) ? -1 : 1)), paused };
}

function standingText({ saga, version, hash, status, paused, steps, count }: Standing): string {
  return [saga, version, hash, status, paused, JSON.stringify(steps), count].join(' ');
}
