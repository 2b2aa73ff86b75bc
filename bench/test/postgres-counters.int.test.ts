import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { costBetween, readCounters } from '../src/postgres-counters.js';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

it('counts commits in the log at once, and what they wrote', async () => {
  await client.query('create table counted (body text not null)');
  const before = await readCounters(client);
  for (let at = 0; at < 7; at += 1) await client.query('insert into counted values ($1)', ['x'.repeat(1_000)]);
  const cost = await costBetween(client, before, await readCounters(client));
  // Other tests may write to the same server meanwhile.
  expect(cost.commits).toBeGreaterThanOrEqual(7);
  expect(cost.walBytes).toBeGreaterThanOrEqual(7_000);
});
