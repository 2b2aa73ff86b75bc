import { testDatabase } from '@backstitch/devkit/testing';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';
import { type PostgresEngine, postgresEngine } from '../../src/postgres/index.js';

const saga = sagaOn<pg.PoolClient>();
const input = z.object({});
const one = saga('one', { version: 1, input })
  .local('step', () => ({ n: 1 }), { compensate: 'nothing to undo' })
  .output(({ steps }) => steps.step.n);
const two = saga('two', { version: 1, input })
  .local('step', () => ({ text: 'two' }), { compensate: 'nothing to undo' })
  .output(({ steps }) => steps.step.text);

let pool: pg.Pool;
let engine: PostgresEngine<pg.PoolClient>;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  pool = new pg.Pool({ connectionString: database.url, max: 4 });
  engine = postgresEngine({
    database: pool,
    name: 'orders',
    sagas: [one, two],
    transport: createInMemoryBroker().transport(),
  });
  await engine.migrate();
  await engine.open();
});
afterAll(async () => {
  await engine.close();
  await pool.end();
  await drop();
});

describe('a handle', () => {
  it('answers after the commit, though the pool has handed the same client to another transaction', async () => {
    const client = await pool.connect();
    await client.query('begin');
    const handle = await engine.start(one, { input: {}, trx: client });
    await expect(handle.result()).rejects.toMatchObject({ code: 'RESULT_BEFORE_COMMIT' });
    await client.query('commit');
    client.release();
    const others = await pool.connect();
    expect(others).toBe(client);
    await others.query('begin');
    expect(await handle.result({ timeout: '20s' })).toBe(1);
    await others.query('rollback');
    others.release();
  });

  it('of another saga is refused: its output has another type', async () => {
    const { id } = await engine.start(one, { input: {} });
    await expect(engine.handle(two, id).result({ timeout: '20s' })).rejects.toMatchObject({ code: 'INSTANCE_UNKNOWN' });
  });
});
