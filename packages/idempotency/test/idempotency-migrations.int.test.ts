import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshTables, pgDriver } from './drivers.js';

let server: TestDatabase;
let open: ReturnType<typeof pgDriver.open>;
beforeAll(async () => {
  server = await testDatabase();
  open = pgDriver.open(server.url);
  await freshTables(open.database as Parameters<typeof freshTables>[0]);
});
afterAll(async () => {
  await open.close();
  await server.drop();
});

it.each([
  [
    'a key that never expires',
    "insert into backstitch.idem_keys (scope, request_id, expires_at) values ('s', 'k', 'infinity')",
  ],
  ['a key without a scope', "insert into backstitch.idem_keys (scope, request_id) values ('', 'k')"],
  ['a key without a name', "insert into backstitch.idem_keys (scope, request_id) values ('s', '')"],
  [
    'a hash of another length',
    "insert into backstitch.idem_keys (scope, request_id, request_hash) values ('s', 'k', 'abc')",
  ],
  ['a status that is none', "insert into backstitch.idem_keys (scope, request_id, http_status) values ('s', 'k', 42)"],
  [
    'a response of work that has not ended',
    "insert into backstitch.idem_keys (scope, request_id, locked_until, response_data) values ('s', 'k', 'infinity', '1')",
  ],
  [
    'an unknown outcome',
    "insert into backstitch.inbox_messages (consumer, message_key, outcome) values ('c', 'm', 'done')",
  ],
  [
    'a reply of a message that is still processed',
    "insert into backstitch.inbox_messages (consumer, message_key, outcome, reply) values ('c', 'm', 'processing', '1')",
  ],
])('the tables refuse %s', async (_what, text) => {
  await expect(open.database.sql.query(text)).rejects.toMatchObject({ code: '23514' });
});
