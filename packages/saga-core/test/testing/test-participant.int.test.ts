import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { participantOn } from '../../src/participant/index.js';
import { testParticipant } from '../../src/testing/index.js';
import { inventory } from './place-order.js';

let server: TestDatabase;
let pool: pg.Pool;
beforeAll(async () => {
  server = await testDatabase();
  pool = new pg.Pool({ connectionString: server.url, max: 4 });
  await pool.query('create table reserved (id text primary key)');
});
afterAll(async () => {
  await pool.end();
  await server.drop();
});
beforeEach(() => pool.query('delete from reserved'));

const handlers = participantOn<pg.PoolClient>()(inventory, {
  reserve: async ({ trx, command: { payload, id }, decline }) => {
    await trx.query('insert into reserved values ($1)', [payload.orderId]);
    return payload.skus.includes('gold') ? decline('OUT_OF_STOCK', { sku: 'gold' }) : { reservationId: id };
  },
  release: async ({ trx, command }) =>
    void (await trx.query('delete from reserved where id = $1', [command.payload.orderId])),
});
const reserved = async (): Promise<unknown[]> => (await pool.query('select id from reserved')).rows;
const schemas = async (): Promise<unknown[]> =>
  (await pool.query("select 1 from pg_namespace where nspname like 'backstitch%'")).rows;

it('commits for real on a database, and takes its own tables away', async () => {
  const t = await testParticipant(handlers, { database: pool });
  const done = await t.do(inventory.reserve, { orderId: 'o1', skus: ['tea'] });
  expect(await reserved()).toEqual([{ id: 'o1' }]);
  expect(await t.do(inventory.reserve, { orderId: 'o1', skus: ['tea'] })).toMatchObject({
    ...{ outcome: 'failed', code: '23505', fence: 'fresh' },
  });
  expect(await t.do(inventory.reserve, { orderId: 'o2', skus: ['gold'] })).toMatchObject({ outcome: 'declined' });
  expect(await reserved()).toEqual([{ id: 'o1' }]);
  expect(await t.undo(inventory.release, { orderId: 'o1' }, done)).toMatchObject({ ran: true, fence: 'undone' });
  expect(await reserved()).toEqual([]);
  expect(await schemas()).toHaveLength(1);
  await t.close();
  expect(await schemas()).toEqual([]);
});

it('leaves nothing of what ran in a transaction that is rolled back', async () => {
  const client = await pool.connect();
  await client.query('begin');
  const t = await testParticipant(handlers, { database: pool, trx: client });
  const done = await t.do(inventory.reserve, { orderId: 'o1', skus: ['tea'] });
  expect(done).toMatchObject({ outcome: 'succeeded', fence: 'succeeded' });
  expect((await client.query('select id from reserved')).rows).toEqual([{ id: 'o1' }]);
  await t.close();
  await client.query('rollback');
  client.release();
  expect(await reserved()).toEqual([]);
  expect(await schemas()).toEqual([]);
});
