import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KeyClaim } from '../../src/keys/key-claim.js';
import { readKey } from '../../src/keys/read-key.js';
import { retakeKey } from '../../src/keys/retake-key.js';
import { type drivers, freshTables, pgDriver, somebodyWaits } from '../drivers.js';

let server: TestDatabase;
let open: ReturnType<(typeof drivers)[number]['open']>;
beforeAll(async () => {
  server = await testDatabase();
  open = (pgDriver as (typeof drivers)[number]).open(server.url);
  await freshTables(open.database);
});
afterAll(async () => {
  await open.close();
  await server.drop();
});

const claim: KeyClaim = {
  table: 'backstitch.idem_keys',
  scope: 's',
  key: 'k',
  requestHash: null,
  operationType: null,
  resourceId: null,
  ttlMs: 60_000,
  leaseMs: null,
};

it('gives an expired key to one of two who both saw it expired, the other having waited', async () => {
  await open.database.sql.query(
    `insert into backstitch.idem_keys (scope, request_id, created_at, expires_at)
     values ('s', 'k', now() - interval '2 hours', now() - interval '1 hour')`,
  );
  const { second } = await open.database.transaction(async (_trx, sql) => {
    expect(await retakeKey(sql, claim, 60_000)).toBe('2');
    // The rival reads the row as it was before this transaction, and goes for it.
    const rival = open.database.transaction(async (_rivals, its) => {
      expect(await readKey(its, claim)).toMatchObject({ state: 'free' });
      return retakeKey(its, claim, 60_000);
    });
    await somebodyWaits(open.database);
    return { second: rival };
  });
  expect(await second).toBeUndefined();
});
