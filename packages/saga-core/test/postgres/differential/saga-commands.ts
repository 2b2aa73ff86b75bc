import type { SeededRandom } from '@backstitch/messaging/testing';
import type { InstanceChange, NewStoredInstance, StoredInstance } from '../../../src/engine/saga-store.js';
import type { InstanceState, SagaStatus } from '../../../src/machine/instance.js';
import { command, letter, placeOrder, sample, succeeded } from '../../../src/testing/conformance/sample-instance.js';
import { type Draw, ids, oneOf, rowIds, someOf, type Subject } from './store-command.js';

const hourMs = 3_600_000;
const content = 1_767_225_600_000;
const lockKeys = ['order:1', 'order:2', 'customer:1'];

function drawMessages(random: SeededRandom, sagaId: string) {
  return someOf(random, rowIds.slice(0, 4))
    .slice(0, 2)
    .map((id) => command(sagaId, { id, ordered: random.chance(0.8), payload: `{"n":${random.integer(9)}}` }));
}

const nowOf = async ({ sagas }: Subject): Promise<number> => (await sagas.store.load([])).now;

const insert: Draw = (random) => {
  const id = oneOf(random, ids);
  const wakeInMs = oneOf(random, [-hourMs, hourMs]);
  const startKey = oneOf(random, [null, null, 'k1', 'k2']);
  const messages = drawMessages(random, id);
  const bornLeaseMs = oneOf(random, [undefined, 60_000]);
  const isRolledBack = random.chance(0.15);
  const version = 1 + random.integer(2);
  return {
    name: `insert ${id.at(-1)}${isRolledBack ? ', rolled back' : ''}`,
    async run(subject) {
      const wakeAt = (await nowOf(subject)) + wakeInMs;
      const given: NewStoredInstance = sample({ id, now: content, startKey, messages, wakeAt, version });
      return subject.sagas.store.transaction(async (tx) => {
        const claimed = await tx.insert([given], bornLeaseMs === undefined ? {} : { bornLeaseMs });
        if (isRolledBack) throw new Error('rolled back');
        for (const row of claimed) subject.claims.set(row.id, row.epoch);
        return claimed.map(({ id: row, epoch, behind }) => ({ row, epoch, behind }));
      });
    },
  };
};

interface DrawnSave {
  readonly id: string;
  readonly staleBy: number;
  readonly status: SagaStatus;
  readonly wakeInMs: number | null;
  readonly messages: InstanceChange['messages'];
  readonly delivered: readonly string[];
  readonly taken: readonly string[];
  readonly letters: InstanceChange['letters'];
}

function drawSave(random: SeededRandom, id: string): DrawnSave {
  const status = oneOf(random, ['running', 'running', 'compensating', 'parked', 'completed', 'compensated'] as const);
  const isOver = status === 'completed' || status === 'compensated';
  return {
    ...{ id, status },
    staleBy: random.chance(0.2) ? 1 : 0,
    // A row that lives and is never looked at is refused: both have to.
    wakeInMs: isOver || random.chance(0.08) ? null : oneOf(random, [-hourMs, hourMs]),
    messages: drawMessages(random, id),
    delivered: someOf(random, rowIds.slice(0, 4)).slice(0, 1),
    taken: someOf(random, ['l1', 'l2']),
    letters: random.chance(0.2) ? [letter(oneOf(random, ids), 'l1')] : [],
  };
}

function changeOf(drawn: DrawnSave, stored: StoredInstance, now: number): InstanceChange {
  const { status, staleBy, wakeInMs, messages, delivered, taken, letters } = drawn;
  const state: Partial<InstanceState> = { status };
  return succeeded(stored, {
    ...{ messages, delivered, taken, letters, state },
    revision: stored.revision - staleBy,
    wakeAt: wakeInMs === null ? null : now + wakeInMs,
    entries: [{ seq: stored.instance.seq + 1, at: content, cause: { kind: 'do succeeded' }, events: [] }],
  });
}

const save: Draw = (random) => {
  const drawn = someOf(random, ids).map((id) => drawSave(random, id));
  const rows = drawn.flatMap(({ messages }) => messages.map(({ id }) => id));
  // The same row twice in one statement is refused in another test.
  const wanted = new Set(rows).size === rows.length ? drawn : drawn.slice(0, 1);
  return {
    name: `save ${wanted.map(({ id, status, staleBy }) => `${id.at(-1)} ${status}${staleBy > 0 ? ' stale' : ''}`).join(', ')}`,
    async run(subject) {
      const { now, instances } = await subject.sagas.store.load(ids);
      const changes = wanted.flatMap((each) => {
        const stored = instances.find(({ instance }) => instance.id === each.id);
        return stored === undefined ? [] : [changeOf(each, stored, now)];
      });
      const { saved, claimed, freed } = await subject.sagas.store.transaction((tx) => tx.save(changes));
      return { saved: [...saved].sort(), claimed, freed: [...freed].sort() };
    },
  };
};

const post: Draw = (random) => {
  const letters = someOf(random, ids).map((id) => letter(id, oneOf(random, ['l1', 'l2', 'l3'])));
  return {
    name: `post ${letters.map(({ id, sagaId }) => `${id} to ${sagaId.at(-1)}`).join(', ')}`,
    run: ({ sagas }) => sagas.store.transaction(async (tx) => [...(await tx.post(letters))].sort()),
  };
};

const claimKey: Draw = (random) => {
  const claim = {
    saga: placeOrder.saga,
    key: oneOf(random, ['k1', 'k2']),
    fingerprint: oneOf(random, ['f1', 'f2']),
    sagaId: oneOf(random, ids),
  };
  return {
    name: `claim ${claim.key} for ${claim.sagaId.at(-1)}`,
    run: ({ sagas }) => sagas.store.transaction((tx) => tx.claimStartKey(claim)),
  };
};

const lock: Draw = (random) => {
  const sagaId = oneOf(random, ids);
  const keys = [oneOf(random, lockKeys), oneOf(random, lockKeys)].filter((key, at, all) => all.indexOf(key) === at);
  const whenHeld = oneOf(random, ['wait', 'refuse'] as const);
  return {
    name: `lock ${keys.join(' and ')} for ${sagaId.at(-1)}, or ${whenHeld}`,
    async run({ sagas }) {
      const [before] = await sagas.store.lockQueue([sagaId]);
      if (before !== undefined) return 'it stands in queues already';
      // A foreign key, which memory does not have: nobody stands in a queue who is not there.
      if ((await sagas.store.load([sagaId])).instances.length === 0) return 'it is not there';
      return sagas.store.transaction(async (tx) => {
        const taken = await tx.enqueueLocks({ sagaId, keys, whenHeld });
        return { taken, check: taken.kind === 'refused' ? null : await tx.checkLocks(sagaId) };
      });
    },
  };
};

const withdraw: Draw = (random) => {
  const rows = someOf(random, rowIds);
  return {
    name: `withdraw ${rows.length}`,
    run: ({ sagas }) => sagas.store.transaction(async (tx) => [...(await tx.withdraw(rows))].sort()),
  };
};

const savepoint: Draw = (random) => {
  const id = oneOf(random, ids);
  return {
    name: `a savepoint rolled back behind a letter to ${id.at(-1)}`,
    run: ({ sagas }) =>
      sagas.store.transaction(async (tx) => {
        const before = await tx.post([letter(id, 'kept')]);
        const failed = await tx
          .savepoint(async () => {
            await tx.post([letter(id, 'lost')]);
            throw new Error('back');
          })
          .catch((error: Error) => error.message);
        return { before, failed };
      }),
  };
};

const count: Draw = (random) => {
  const discard = { sagaId: oneOf(random, ids), step: 'reserve', reason: oneOf(random, ['late', 'stale']), count: 1 };
  return { name: `count ${discard.reason}`, run: ({ sagas }) => sagas.store.countDiscards([discard, discard]) };
};

/** What changes instances, letters, locks and messages. */
export const sagaCommands: readonly Draw[] = [
  insert,
  insert,
  save,
  save,
  save,
  post,
  claimKey,
  lock,
  withdraw,
  savepoint,
  count,
];
