import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotency } from '../src/index.js';
import { pruneMessagesSql } from '../src/inbox/prune-messages.js';
import { pruneKeysSql } from '../src/keys/prune-keys.js';
import { drivers, freshTables } from './drivers.js';

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

const hourMs = 3_600_000;

describe.each(drivers)('pruning over $name', (driver) => {
  let open: ReturnType<typeof driver.open>;
  beforeEach(async () => {
    open = driver.open(server.url);
    await freshTables(open.database);
  });
  afterEach(() => open.close());

  const fill = async (rows: { readonly old: number; readonly young: number }): Promise<void> => {
    await open.database.sql.query(
      `insert into backstitch.idem_keys (scope, request_id, created_at, expires_at)
       select 's', n::text, now() - interval '3 hours', now() + case when n <= $1 then interval '-1 minute' else interval '1 hour' end
       from generate_series(1, $2::int) n`,
      [rows.old, rows.old + rows.young],
    );
    await open.database.sql.query(
      `insert into backstitch.inbox_messages (consumer, message_key, outcome, processed_at)
       select 'c', n::text, 'processed', now() - case when n <= $1 then interval '2 hours' else interval '10 minutes' end
       from generate_series(1, $2::int) n`,
      [rows.old, rows.old + rows.young],
    );
    await open.database.sql.query('analyze backstitch.idem_keys, backstitch.inbox_messages');
  };
  const left = async (table: string) => (await open.database.sql.query(`select from backstitch.${table}`)).rowCount;

  it('deletes what is over, in batches, up to the limit, and nothing else', async () => {
    await fill({ old: 25, young: 5 });
    const idempotency = createIdempotency({ database: open.database });
    expect(await idempotency.prune({ limit: 12, batchSize: 5 })).toBe(12);
    expect(await idempotency.prune({ batchSize: 5 })).toBe(13);
    expect(await idempotency.prune()).toBe(0);
    expect(await left('idem_keys')).toBe(5);
    expect(await idempotency.pruneInbox({ olderThanMs: hourMs, limit: 20, batchSize: 15 })).toBe(20);
    expect(await idempotency.pruneInbox({ olderThanMs: hourMs })).toBe(5);
    expect(await left('inbox_messages')).toBe(5);
  });

  it('leaves alone what somebody is just taking anew', async () => {
    await fill({ old: 3, young: 0 });
    const idempotency = createIdempotency({ database: open.database });
    await open.database.transaction(async (_trx, sql) => {
      await sql.query("select from backstitch.idem_keys where request_id = '2' for update");
      expect(await idempotency.prune()).toBe(2);
    });
    expect(await left('idem_keys')).toBe(1);
  });

  it('finds what is over by index, however much is not', async () => {
    await fill({ old: 20, young: 20_000 });
    const plan = async (text: string, values: readonly unknown[]): Promise<string> =>
      (await open.database.sql.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values)).rows
        .map((row) => row['QUERY PLAN'])
        .join('\n');
    const keys = await plan(pruneKeysSql('backstitch.idem_keys'), [1000]);
    expect(keys).toContain('Index Scan using idem_keys_expiry');
    expect(keys).not.toContain('Seq Scan');
    const messages = await plan(pruneMessagesSql('backstitch.inbox_messages'), [1000, hourMs]);
    expect(messages).toContain('Index Scan using inbox_messages_age');
    expect(messages).not.toContain('Seq Scan');
  });

  it.each([{ limit: 0 }, { batchSize: -1 }])('refuses %j', async (options) => {
    const idempotency = createIdempotency({ database: open.database });
    await expect(idempotency.prune(options)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
