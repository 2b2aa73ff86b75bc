import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';
import { participant } from '../../src/knex/index.js';
import { participantOn } from '../../src/participant/index.js';
import { createTestEngine, type TestEngine } from '../../src/testing/index.js';
import { inventory, payment, placeOrder } from '../engine/order-fixture.js';

let server: TestDatabase;
let knex: Knex;
beforeAll(async () => {
  server = await testDatabase();
  knex = createKnex({ client: 'pg', connection: server.url, pool: { min: 0, max: 12 } });
  await knex.raw('create table orders (id text primary key, status text not null, reason text)');
  await knex.raw('create table reservations (order_id text primary key, qty int, reserved_at timestamptz)');
});
afterAll(async () => {
  await knex.destroy();
  await server.drop();
});
beforeEach(async () => {
  await knex('orders').delete();
  await knex('reservations').delete();
});

let beforeReserve: () => void = () => undefined;
const handlers = [
  participant(inventory, {
    reserve: async ({ trx, command: { payload, id }, decline }) => {
      if (payload.qty > 5) return decline('OUT_OF_STOCK', { left: 5 });
      await trx('reservations').insert({ order_id: payload.orderId, qty: payload.qty, reserved_at: trx.raw('now()') });
      beforeReserve();
      return { reservationId: id };
    },
    release: async ({ trx, command }) => {
      await trx('reservations').where({ order_id: command.payload.orderId }).delete();
    },
  }),
  participant(payment, {
    authorize: ({ command: { payload, id }, decline }) =>
      payload.amount > 100 ? decline('DECLINED', { reason: 'limit' }) : { authId: id },
    void: () => undefined,
  }),
];

const reminder = sagaOn<Knex.Transaction>()('reminder', { version: 1, input: z.object({ orderId: z.string() }) })
  .sleep('month', '30d')
  .local(
    'remember',
    async ({ trx, input }) => {
      await trx('orders').insert({ id: input.orderId, status: 'REMEMBERED' });
      const { rows } = await trx.raw('select (extract(epoch from clock_timestamp()) * 1000)::float8 as now');
      return { at: rows[0].now as number };
    },
    { compensate: 'nothing to undo' },
  )
  .output(({ steps }) => steps.remember);

describe('a test engine on real tables', () => {
  let engine: TestEngine<Knex.Transaction>;
  beforeEach(async () => {
    beforeReserve = () => undefined;
    engine = await createTestEngine({ sagas: [placeOrder, reminder], participants: handlers, database: knex });
  });
  afterEach(() => engine.close());

  it('runs the real handlers in real transactions, and every promise holds', async () => {
    const good = await engine.start(placeOrder, { input: { orderId: 'good', qty: 1, amount: 10 } });
    const poor = await engine.start(placeOrder, { input: { orderId: 'poor', qty: 1, amount: 1_000 } });
    await engine.settle();
    expect((await good.result()).authId).toContain(good.id);
    await expect(poor.result()).rejects.toMatchObject({ code: 'SAGA_COMPENSATED' });
    expect(await knex('orders').orderBy('id').select('id', 'status')).toEqual([
      { id: 'good', status: 'CONFIRMED' },
      { id: 'poor', status: 'CANCELLED' },
    ]);
    expect(await knex('reservations').select('order_id')).toEqual([{ order_id: 'good' }]);
    expect(await engine.violations()).toEqual([]);
  });

  it('moves the clock of the database itself: the library and the author read the same time', async () => {
    const { id } = await engine.start(reminder, { input: { orderId: 'r1' } });
    const begun = engine.now();
    await engine.advance('29d');
    expect((await engine.find(id))?.status).toBe('running');
    await engine.advance('1d');
    const view = await engine.find(id);
    expect(view?.output).toEqual({ at: begun + 30 * 86_400_000 });
    expect(view?.updatedAt).toBe(begun + 30 * 86_400_000);

    await engine.start(placeOrder, { input: { orderId: 'later', qty: 1, amount: 10 } });
    await engine.settle();
    const [row] = await knex('reservations').select('reserved_at');
    expect(row?.reserved_at).toEqual(new Date(engine.now()));
  });

  it('begins a saga if and only if the transaction of its caller commits', async () => {
    const rolledBack = knex.transaction(async (trx) => {
      await engine.start(placeOrder, { input: { orderId: 'never', qty: 1, amount: 10 }, trx });
      throw new Error('the caller changed its mind');
    });
    await expect(rolledBack).rejects.toThrow('changed its mind');
    const { id } = await knex.transaction((trx) =>
      engine.start(placeOrder, { input: { orderId: 'yes', qty: 1, amount: 10 }, trx }),
    );
    await engine.settle();
    expect((await engine.recordings()).map((each) => each.id)).toEqual([id]);
    expect((await engine.find(id))?.status).toBe('completed');
  });

  it('a participant that is killed within its transaction leaves nothing of it', async () => {
    beforeReserve = () => engine.participant('inventory').crash();
    const order = await engine.start(placeOrder, { input: { orderId: 'o1', qty: 1, amount: 10 } });
    await engine.settle();
    expect(await knex('reservations').select('order_id')).toEqual([]);
    beforeReserve = () => undefined;
    await engine.participant('inventory').restart();
    await engine.until(order, 'completed');
    expect(await knex('reservations').select('order_id')).toEqual([{ order_id: 'o1' }]);
    expect(await engine.violations()).toEqual([]);
  });

  it('an engine that is killed between commit and send finds its commands by itself', async () => {
    const order = await knex.transaction((trx) =>
      engine.start(placeOrder, { input: { orderId: 'o1', qty: 1, amount: 10 }, trx }),
    );
    engine.process.crash();
    await engine.process.restart();
    await engine.until(order, 'completed');
    expect(await engine.violations()).toEqual([]);
  });

  it('sees what a fault does to real rows', async () => {
    await knex('reservations').insert({ order_id: 'o1', qty: 1 });
    const order = await engine.start(placeOrder, { input: { orderId: 'o1', qty: 1, amount: 10 } });
    const view = await engine.until(order, 'compensated');
    expect(view.failure).toMatchObject({ step: 'reserveStock', code: 'STEP_FAILED' });
    const fences = engine.sent(order).filter(({ kind, direction }) => kind === 'reply' && direction === 'undo');
    expect(fences.map(({ outcome }) => outcome)).toEqual(['succeeded']);
    expect(await engine.violations()).toEqual([]);
  });
});

describe('the tables of a test engine', () => {
  const schemas = async (): Promise<string[]> =>
    (await knex('information_schema.schemata').whereLike('schema_name', 'backstitch%').select('schema_name'))
      .map(({ schema_name }: { schema_name: string }) => schema_name)
      .sort();

  it('are its own, and gone when it is closed', async () => {
    const engine = await createTestEngine({ sagas: [placeOrder], participants: handlers, database: knex });
    expect(await schemas()).toHaveLength(6);
    await engine.close();
    expect(await schemas()).toEqual([]);
  });

  it('are those of the schema that is named, and stay', async () => {
    const engine = await createTestEngine({ sagas: [reminder], database: knex, schema: 'backstitch_kept' });
    await engine.start(reminder, { input: { orderId: 'kept' } });
    await engine.close();
    expect(await schemas()).toEqual(['backstitch_kept']);
    expect(await knex.withSchema('backstitch_kept').from('saga_instances').select('saga')).toEqual([
      { saga: 'reminder' },
    ]);
  });
});

it('runs on a pool of pg, with a participant on a database of its own', async () => {
  const other = await testDatabase();
  const pool = new pg.Pool({ connectionString: server.url, max: 5 });
  const theirs = new pg.Pool({ connectionString: other.url, max: 5 });
  await theirs.query('create table reserved (id text primary key)');
  const order = sagaOn<pg.PoolClient>()('pg-order', { version: 1, input: z.object({ orderId: z.string() }) })
    .invoke('reserve', inventory.reserve, {
      with: ({ input }) => ({ orderId: input.orderId, qty: 1 }),
      compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
    })
    .local(
      'save',
      ({ trx, input }) => trx.query('insert into orders values ($1, $2)', [input.orderId, 'PG']).then(() => undefined),
      {
        compensate: 'nothing to undo',
      },
    )
    .build();
  const reserving = participantOn<pg.PoolClient>()(inventory, {
    reserve: async ({ trx, command }) => {
      await trx.query('insert into reserved values ($1)', [command.payload.orderId]);
      return { reservationId: command.id };
    },
    release: () => undefined,
  });
  const engine = await createTestEngine<pg.PoolClient>({
    sagas: [order],
    participants: [{ participant: reserving, database: theirs }],
    database: pool,
  });
  const { id } = await engine.start(order, { input: { orderId: 'pg1' } });
  await engine.until(id, 'completed');
  expect((await theirs.query('select id from reserved')).rows).toEqual([{ id: 'pg1' }]);
  expect(await knex('orders').where({ id: 'pg1' }).select('status')).toEqual([{ status: 'PG' }]);
  expect(await engine.violations()).toEqual([]);
  await engine.close();
  await pool.end();
  await theirs.end();
  await other.drop();
});
