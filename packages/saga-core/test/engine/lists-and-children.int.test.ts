import { testDatabase } from '@backstitch/devkit/testing';
import { contract } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Saga } from '../../src/definition/step-list.js';
import { participant, saga } from '../../src/knex/index.js';
import {
  type PostgresEngine,
  type PostgresParticipant,
  postgresEngine,
  postgresParticipant,
} from '../../src/postgres/index.js';

const shop = contract('shop', {
  reserve: {
    request: z.object({ order: z.string(), sku: z.string() }),
    reply: z.object({ sku: z.string(), item: z.number() }),
    errors: { SOLD_OUT: z.object({ sku: z.string() }) },
  },
  release: { request: z.object({ order: z.string(), sku: z.string() }) },
  charge: { request: z.object({ order: z.string() }), errors: { POOR: z.object({}) } },
  refund: { request: z.object({ order: z.string() }) },
});

const packing = saga('packing', { version: 1, input: z.object({ order: z.string() }) })
  .local(
    'box',
    async ({ trx, input }) => {
      await trx('effects').insert({ what: `box ${input.order}` });
      return { box: `b-${input.order}` };
    },
    {
      compensate: async ({ trx, input }) =>
        void (await trx('effects')
          .where({ what: `box ${input.order}` })
          .delete()),
    },
  )
  .invoke('tape', shop.reserve, {
    with: ({ input }) => ({ order: input.order, sku: input.order.includes('untaped') ? 'none' : 'tape' }),
    compensate: { command: shop.release, with: ({ sent }) => sent },
    timeout: '5s',
  })
  .output(({ steps }) => ({ box: steps.box.box }));

const Order = z.object({ order: z.string(), skus: z.array(z.string()) });
const fulfil = saga('fulfil', { version: 1, input: Order })
  .invokeEach('reserve', shop.reserve, {
    over: ({ input }) => input.skus,
    with: ({ item, input }) => ({ order: input.order, sku: item }),
    compensate: { command: shop.release, with: ({ item, input }) => ({ order: input.order, sku: item }) },
    concurrency: 3,
    timeout: '5s',
  })
  .child('pack', packing, { with: ({ input }) => ({ order: input.order }) })
  .invoke('charge', shop.charge, {
    with: ({ input }) => ({ order: input.order }),
    compensate: { command: shop.refund, with: ({ input }) => ({ order: input.order }) },
    timeout: '5s',
  })
  .output(({ steps }) => ({ box: steps.pack.box, items: steps.reserve.map(({ item }) => item) }));
const relay = saga('relay', { version: 1, input: Order })
  .child('fulfil', fulfil, { with: ({ input }) => input })
  .local('refuse', async ({ input }) => ({ order: input.order }), { compensate: 'nothing to undo' })
  .waitFor('go', z.object({}))
  .build();

let knex: Knex;
let drop: () => Promise<void>;
let engine: PostgresEngine<Knex.Transaction>;
let service: PostgresParticipant<Knex.Transaction>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 10 } });
  await knex.raw('create table effects (what text not null)');
  const broker = createInMemoryBroker();
  engine = postgresEngine({
    database: knex,
    name: 'orders',
    sagas: [fulfil, relay],
    transport: broker.transport(),
    pollIntervalMs: 20,
  });
  service = postgresParticipant({
    database: knex,
    orchestrators: ['orders'],
    transport: broker.transport(),
    schema: 'shop_saga',
    participant: participant(shop, {
      reserve: async ({ trx, command: { payload, item }, decline }) => {
        if (payload.sku === 'none') return decline('SOLD_OUT', { sku: payload.sku });
        await trx('effects').insert({ what: `${payload.order} ${payload.sku}` });
        return { sku: payload.sku, item: item ?? -1 };
      },
      release: async ({ trx, command: { payload } }) => {
        await trx('effects')
          .where({ what: `${payload.order} ${payload.sku}` })
          .delete();
      },
      charge: async ({ command: { payload }, decline }) =>
        payload.order.includes('poor') ? decline('POOR', {}) : undefined,
      refund: async () => undefined,
    }),
  });
  await engine.migrate();
  await service.migrate();
  await engine.ensureTopics();
  await service.open();
  await engine.open();
});
afterEach(() => knex('effects').delete());
afterAll(async () => {
  await engine.close();
  await service.close();
  await knex.destroy();
  await drop();
});

const skus = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const effects = (): Promise<string[]> => knex('effects').orderBy('what').pluck('what');
const failureOf = async (definition: Saga, input: z.infer<typeof Order>): Promise<unknown> => {
  const handle = await engine.start(definition, { input });
  return handle.result({ timeout: '20s' }).then(
    (output) => ({ output }),
    (error: { fields: { failure: unknown } }) => error.fields.failure,
  );
};

describe('a saga with a list and a child on Postgres', () => {
  it('is completed: outputs in the order of the list, the child’s own beside them', async () => {
    const handle = await engine.start(fulfil, { input: { order: 'o1', skus }, tags: { customer: 'ada' } });
    expect(await handle.result({ timeout: '20s' })).toEqual({ box: 'b-o1', items: [0, 1, 2, 3, 4, 5, 6] });
    expect(await effects()).toEqual(['box o1', ...skus.map((sku) => `o1 ${sku}`), 'o1 tape']);
    const view = await engine.find(handle.id);
    expect(view?.steps['reserve[6]']).toMatchObject({ status: 'succeeded' });
    const child = await engine.find(view?.steps['pack']?.child ?? '');
    expect(child).toMatchObject({
      saga: 'packing',
      status: 'completed',
      parent: { sagaId: handle.id, step: 'pack', round: 1 },
      tags: { customer: 'ada' },
    });
  });

  it('undoes the items that had their effect where one is sold out', async () => {
    expect(await failureOf(fulfil, { order: 'o2', skus: ['a', 'b', 'none', 'c', 'd'] })).toMatchObject({
      step: 'reserve[2]',
      code: 'SOLD_OUT',
    });
    expect(await effects()).toEqual([]);
  });

  it('turns back for the reason of its child', async () => {
    expect(await failureOf(fulfil, { order: 'untaped', skus })).toMatchObject({ step: 'pack', code: 'SOLD_OUT' });
    expect(await effects()).toEqual([]);
  });

  it('takes back a child that has completed', async () => {
    const handle = await engine.start(fulfil, { input: { order: 'poor', skus: ['a'] } });
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({ fields: { failure: { code: 'POOR' } } });
    expect(await effects()).toEqual([]);
    const view = await engine.find(handle.id);
    const child = await engine.find(view?.steps['pack']?.child ?? '');
    expect(child).toMatchObject({ status: 'compensated', failure: { code: 'POOR' } });
    const { rows } = await knex.raw(
      "select count(*)::int as n from backstitch.saga_instances where (finished_at is null) <> (status in ('running', 'compensating', 'parked'))",
    );
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('takes back a child, and the child of that, by a person’s word', async () => {
    const { id } = await engine.start(relay, { input: { order: 'o5', skus: ['a', 'b'] } });
    for (;;) {
      const view = await engine.find(id);
      if (view?.steps['go']?.status === 'dispatched') break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await effects()).toHaveLength(4);
    await engine.cancel(id, { actor: 'ann', reason: 'changed her mind' });
    await expect(engine.handle(relay, id).result({ timeout: '20s' })).rejects.toMatchObject({
      fields: { failure: { code: 'SAGA_CANCELLED', message: 'changed her mind' } },
    });
    expect(await effects()).toEqual([]);
  });

  it('begins with the caller’s own transaction, and leaves neither it nor its child where that rolls back', async () => {
    const trx = await knex.transaction();
    const rolledBack = await engine.start(relay, { input: { order: 'o6', skus: [] }, trx });
    await trx.rollback();
    const { rows } = await knex.raw(
      `select count(*)::int as n from backstitch.saga_instances where state like '%${rolledBack.id}%' or id = '${rolledBack.id}'`,
    );
    expect(rows).toEqual([{ n: 0 }]);
    const handle = await knex.transaction((own) =>
      engine.start(fulfil, { input: { order: 'o6', skus: [] }, trx: own }),
    );
    expect(await handle.result({ timeout: '20s' })).toEqual({ box: 'b-o6', items: [] });
  });

  it('completes 40 at once, each with its own children, and nothing is left of those that do not', async () => {
    const runs = Array.from({ length: 40 }, (_, index) => ({
      order: `${index % 4 === 0 ? 'poor' : 'rich'}-${index}`,
      skus: ['a', 'b'],
    }));
    const outcomes = await Promise.all(runs.map((input) => failureOf(fulfil, input)));
    const poor = outcomes.filter((outcome) => (outcome as { code?: string }).code === 'POOR');
    expect(poor).toHaveLength(10);
    expect(await effects()).toHaveLength(30 * 4);
  });
});
