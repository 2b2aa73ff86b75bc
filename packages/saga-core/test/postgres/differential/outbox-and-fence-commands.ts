import type { SeededRandom } from '@backstitch/messaging/testing';
import type { FenceRow, FenceStatus } from '../../../src/participant/fence-store.js';
import { command } from '../../../src/testing/conformance/sample-instance.js';
import { type Draw, ids, oneOf, rowIds } from './store-command.js';

const claim: Draw = (random) => {
  const limit = 1 + random.integer(4);
  const leaseMs = oneOf(random, [1_000, 60_000]);
  return {
    name: `claim ${limit} for ${leaseMs} ms`,
    async run({ sagas, claims }) {
      const rows = await sagas.outbox.claim({ limit, leaseMs });
      for (const row of rows) claims.set(row.id, row.epoch);
      return rows.map(({ id, payload, epoch, ordered }) => ({ id, payload, epoch, ordered }));
    },
  };
};

const settle: Draw = (random) => {
  const outcome = oneOf(random, [
    { kind: 'sent' },
    { kind: 'sent' },
    { kind: 'released' },
    { kind: 'unknown' },
    { kind: 'refused', code: 'RECORD_TOO_LARGE', message: 'too large' },
  ] as const);
  const id = oneOf(random, rowIds);
  const isOld = random.chance(0.2);
  return {
    name: `settle ${outcome.kind}${isOld ? ' under an old epoch' : ''}`,
    run: ({ sagas, claims }) => sagas.outbox.settle([{ id, epoch: (claims.get(id) ?? 7) - (isOld ? 1 : 0), outcome }]),
  };
};

const elapse: Draw = (random) => {
  const ms = oneOf(random, [500, 2_000, 40_000, 2 * 3_600_000]);
  return {
    name: `${ms} ms pass`,
    async run({ sagas, fences }) {
      await sagas.elapse(ms);
      if (fences.elapse !== sagas.elapse) await fences.elapse(ms);
    },
  };
};

const statuses: readonly FenceStatus[] = ['succeeded', 'declined', 'tombstone', 'undone', 'accepted', 'undoing'];

const fence: Draw = (random: SeededRandom) => {
  const key = { sagaId: oneOf(random, ids), step: 'reserve', item: oneOf(random, [-1, 0]), round: 1 };
  const status = oneOf(random, statuses);
  const row: FenceRow = {
    status,
    doReply: oneOf(random, [null, '{"a":1}']),
    undoReply: oneOf(random, [null, 'null']),
    ...(status === 'accepted' || status === 'undoing' ? { pending: '{"do":1}' } : {}),
  };
  const act = oneOf(random, ['settle', 'settle', 'look', 'forget', 'roll back'] as const);
  const reply = command(key.sagaId, { id: oneOf(random, rowIds.slice(4)), payload: `{"r":${random.integer(5)}}` });
  return {
    name: `fence: ${act} ${status}`,
    run: ({ fences }) =>
      fences.store.transaction(async (tx) => {
        const found = await tx.find(key);
        if (act === 'look') return { found };
        const claimed = await tx.claim(key);
        if (act === 'forget') await tx.forget(key);
        else await tx.settle(key, row);
        if (act === 'roll back') throw new Error('rolled back');
        const published = act === 'settle' ? await tx.publish([reply], {}) : [];
        return { found, claimed, published, after: await tx.find(key) };
      }),
  };
};

/** What relays and participants do, and time. */
export const outboxAndFenceCommands: readonly Draw[] = [claim, claim, settle, settle, elapse, fence, fence];
