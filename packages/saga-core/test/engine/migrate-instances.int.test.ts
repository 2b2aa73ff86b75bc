import { testDatabase } from '@backstitch/devkit/testing';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AnySaga, defineMigration, fold, type JournalEntry, withoutPace } from '../../src/index.js';
import { participant, saga } from '../../src/knex/index.js';
import { type PostgresEngine, postgresEngine, postgresParticipant } from '../../src/postgres/index.js';
import { inventory, payment } from './order-fixture.js';

const input = z.object({ orderId: z.string(), qty: z.number().int(), amount: z.number().int() });
type Order = z.infer<typeof input>;
const reserve = {
  with: ({ input }: { input: Order }) => ({ orderId: input.orderId, qty: input.qty }),
  compensate: {
    command: inventory.release,
    with: ({ sent }: { sent: { orderId: string } }) => ({ orderId: sent.orderId }),
  },
} as const;
const authorize = {
  with: ({ input }: { input: Order }) => ({ orderId: input.orderId, amount: input.amount }),
  compensate: {
    command: payment.void,
    with: ({ sent }: { sent: { orderId: string } }) => ({ orderId: sent.orderId }),
  },
} as const;
const keys: string[] = [];
const v1 = saga('order', { version: 1, input })
  .invoke('reserve', inventory.reserve, reserve)
  .call('score', ({ idempotencyKey }) => void keys.push(idempotencyKey), { compensate: 'nothing to undo' })
  .invoke('pay', payment.authorize, authorize)
  .build();
const v2 = saga('order', { version: 2, input })
  .invoke('reserveStock', inventory.reserve, reserve)
  .call('rate', ({ idempotencyKey }) => void keys.push(idempotencyKey), { compensate: 'nothing to undo' })
  .invoke('pay', payment.authorize, authorize)
  .build();
const forth = defineMigration(v1, v2, { rename: { reserve: 'reserveStock', score: 'rate' } });
const back = defineMigration(v2, v1, { rename: { reserveStock: 'reserve', rate: 'score' } });
const said = { actor: 'ann', reason: 'stock has a name of its own' };

let knex: Knex;
let drop: () => Promise<void>;
const broker = createInMemoryBroker();
const released: string[] = [];
const services = [
  participant(inventory, {
    reserve: async ({ trx, command: { payload } }) => {
      await trx('stock').insert({ order_id: payload.orderId, qty: payload.qty });
      return { reservationId: payload.orderId };
    },
    release: async ({ trx, command: { payload } }) => {
      released.push(payload.orderId);
      await trx('stock').where({ order_id: payload.orderId }).delete();
    },
  }),
  participant(payment, {
    authorize: async ({ trx, command: { payload }, decline }) => {
      if (payload.amount > 1_000) return decline('DECLINED', { reason: 'limit' });
      await trx('paid').insert({ order_id: payload.orderId });
      return { authId: payload.orderId };
    },
    void: async ({ trx, command: { payload } }) =>
      void (await trx('paid').where({ order_id: payload.orderId }).delete()),
  }),
].map(
  (each) => () =>
    postgresParticipant({
      database: knex,
      participant: each,
      orchestrators: ['orders'],
      transport: broker.transport(),
      schema: `${each.name}_p`,
    }),
);
const engineWith = (...sagas: readonly AnySaga[]): PostgresEngine<Knex.Transaction> =>
  postgresEngine({ database: knex, name: 'orders', sagas, transport: broker.transport(), pollIntervalMs: 20 });
const start = async (engine: PostgresEngine<Knex.Transaction>, from: number, count: number): Promise<string[]> => {
  const numbers = Array.from({ length: count }, (_, place) => from + place);
  // Every third one is declined at the end, and is to be undone.
  const given = (place: number): Order => ({ orderId: `o-${place}`, qty: 1, amount: place % 3 === 0 ? 2_000 : 10 });
  const handles = await Promise.all(numbers.map((place) => engine.start(v1, { input: given(place) })));
  return handles.map(({ id }) => id);
};
const orderIds = async (table: string): Promise<string[]> => (await knex(table).pluck('order_id')).sort();

async function journalOf(id: string): Promise<JournalEntry[]> {
  const rows = await knex('backstitch.saga_journal').where({ saga_id: id }).orderBy('seq');
  return rows.map(({ entry }) => JSON.parse(entry));
}

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 16 } });
  await knex.raw('create table stock (order_id text primary key, qty int)');
  await knex.raw('create table paid (order_id text primary key)');
  const engine = engineWith(v1);
  await engine.migrate();
  await engine.ensureTopics();
  for (const open of services) await open().migrate();
});
afterAll(async () => {
  await knex.destroy();
  await drop();
});

describe('instances that are moved to another version', () => {
  it('lose nothing while they move: beside an old process, under their own traffic, there and back', async () => {
    const [old, young] = [engineWith(v1), engineWith(v1, v2)];
    const participants = services.map((open) => open());
    await Promise.all([...participants, old, young].map((each) => each.open()));
    const counts = { forth: 0, back: 0 };
    const ids: string[] = [];
    const moveAll = async (): Promise<void> => {
      const there = await young.migrateInstances(forth, said);
      const again = await young.migrateInstances(back, { ...said, limit: 7 });
      expect([...there.reasons, ...again.reasons]).toEqual([]);
      counts.forth += there.migrated;
      counts.back += again.migrated;
    };
    for (let round = 0; round < 6; round += 1) {
      const started = start(old, 100 + round * 20, 20);
      for (let turn = 0; turn < 4; turn += 1) await moveAll();
      ids.push(...(await started));
    }
    const outcomes = await Promise.all(
      ids.map((id) =>
        young
          .handle(v2, id)
          .result({ timeout: '30s' })
          .then(
            () => 'completed',
            (error: { code: string }) => error.code,
          ),
      ),
    );
    expect(counts.forth).toBeGreaterThan(0);
    expect(counts.back).toBeGreaterThan(0);
    expect(new Set(outcomes)).toEqual(new Set(['completed', 'SAGA_COMPENSATED']));
    const completed = ids.flatMap((_, place) => ((place + 100) % 3 === 0 ? [] : [`o-${place + 100}`])).sort();
    expect(await orderIds('paid')).toEqual(completed);
    expect(await orderIds('stock')).toEqual(completed);
    expect(new Set(released).size).toBe(ids.length - completed.length);
    for (const id of ids) {
      const [row] = await knex('backstitch.saga_instances').where({ id });
      const { state, migrated } = fold({ status: 'running', steps: {} }, await journalOf(id));
      expect(withoutPace(JSON.parse(row.state))).toEqual(withoutPace(state));
      expect([row.version, row.hash]).toEqual([migrated?.version ?? 1, migrated?.hash ?? v1.hash]);
    }
    // Each call has the key that it would have had, and what came back to a process that lacks the version was not lost: none was made twice.
    expect(new Set(keys).size).toBe(ids.length);
    expect(keys.length).toBe(ids.length);
    expect(new Set(keys.map((key) => key.split('/')[1]))).toEqual(new Set(['score']));
    await Promise.all([...participants, old, young].map((each) => each.close()));
  }, 120_000);

  it('are counted first in a dry run, moved by id, by filter and up to a limit, and a second call finds nothing', async () => {
    const engine = engineWith(v1, v2);
    await engine.open();
    const ids = await start(engine, 1_000, 6);
    const [first = '', second = ''] = ids;
    const dry = await engine.migrateInstances(forth, { ...said, dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, migrated: 6, notYet: 0, refused: 0, reasons: [], more: false });
    expect((await engine.find(first))?.version).toBe(1);
    expect(await engine.migrateInstances(forth, { ...said, ids: [first, first] })).toMatchObject({ migrated: 1 });
    expect((await journalOf(first)).at(-1)?.cause).toEqual({ kind: 'migrate', ...said });
    expect((await engine.find(first))?.steps['reserveStock']).toMatchObject({ status: 'dispatched' });
    const filtered = await engine.migrateInstances(forth, { ...said, filter: ({ id }) => id === second });
    expect(filtered).toMatchObject({ migrated: 1, more: false });
    expect(await engine.migrateInstances(forth, { ...said, limit: 3 })).toMatchObject({ migrated: 3, more: true });
    expect(await engine.migrateInstances(forth, said)).toMatchObject({ migrated: 1, more: false });
    expect(await engine.migrateInstances(forth, said)).toMatchObject({ migrated: 0, refused: 0, more: false });
    const unknown = '01900000-0000-7000-8000-000000000000';
    expect(await engine.migrateInstances(forth, { ...said, ids: [first, unknown] })).toMatchObject({
      refused: 2,
      reasons: [
        { reason: "it is of saga 'order', version 2", count: 1, examples: [first] },
        { reason: 'there is no such instance', examples: [unknown] },
      ],
    });
    await engine.close();
  });

  it('that stay are told of with the reason; a damaged one does not keep the others', async () => {
    const v3 = saga('order', { version: 3, input })
      .call('rate', () => undefined, { compensate: 'nothing to undo' })
      .invoke('pay', payment.authorize, authorize)
      .build();
    const shorter = defineMigration(v2, v3, { drop: ['reserveStock'] });
    const engine = engineWith(v2, v3);
    await knex('backstitch.saga_instances').where({ version: 1 }).delete();
    const [damaged] = await knex('backstitch.saga_instances').where({ version: 2, finished_at: null }).pluck('id');
    await knex('backstitch.saga_instances').where({ id: damaged }).update({ state: 'not json' });
    const report = await engine.migrateInstances(shorter, said);
    expect(report).toMatchObject({ migrated: 0, notYet: 5, refused: 1 });
    expect(report.reasons.map(({ reason, count }) => [reason, count])).toEqual([
      ["'reserveStock' is dispatched, and is dropped", 5],
      [`The state of instance ${damaged} is not JSON.`, 1],
    ]);
  });

  it('are not moved to where nobody here could go on, and not without who and why', async () => {
    const engine = engineWith(v1);
    await expect(engine.migrateInstances(forth, said)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    const both = engineWith(v1, v2);
    for (const wrong of [{ actor: '' }, { reason: ' ' }, { limit: 0 }]) {
      await expect(both.migrateInstances(forth, { ...said, ...wrong })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
      });
    }
  });
});
