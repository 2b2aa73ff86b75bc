import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import type { Database } from '@backstitch/postgres';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { InboxLogger } from '../src/inbox/consumer/inbox-logger.js';
import { createRetention, type PrunedRows } from '../src/index.js';
import { pruneLettersSql } from '../src/inbox/prune-letters.js';
import { freshTables, pgDriver } from './drivers.js';

let server: TestDatabase;
let database: Database<pg.PoolClient>;
let close: () => Promise<void>;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());
beforeEach(async () => {
  ({ database, close } = pgDriver.open(server.url));
  await freshTables(database);
});
afterEach(() => close());

const dayMs = 86_400_000;
const inbox = { inboxRetentionMs: 8 * dayMs, topics: ['orders'] };

/** Of each kind so many that may go, and one that may not. */
async function fill(rows: number): Promise<void> {
  await database.sql.query(
    `insert into backstitch.idem_keys (scope, request_id, created_at, expires_at)
     select 's', n::text, now() - interval '3 hours', now() + case when n > 0 then interval '-1 minute' else interval '1 hour' end
       from generate_series(0, $1::int) n`,
    [rows],
  );
  await database.sql.query(
    `insert into backstitch.inbox_messages (consumer, message_key, outcome, processed_at)
     select 'c', n::text, 'processed', now() - case when n > 0 then interval '9 days' else interval '7 days' end
       from generate_series(0, $1::int) n`,
    [rows],
  );
  // Settled long ago, settled of late, and one that is older than all and open.
  await database.sql.query(
    `insert into backstitch.inbox_dead_letters
       (consumer, message_key, topic, partition, record_offset, record_headers, record_at, status, code, created_at, settled_at)
     select 'c', n::text, 'orders', 0, n + 1, '{}', now(), case when n >= 0 then 'redriven' else 'held' end, 'X', now() - interval '99 days',
            case when n > 0 then now() - interval '9 days' when n = 0 then now() - interval '7 days' end
       from generate_series(-1, $1::int) n`,
    [rows],
  );
}

const left = async (): Promise<number[]> =>
  Promise.all(
    ['idem_keys', 'inbox_messages', 'inbox_dead_letters'].map(
      async (table) => (await database.sql.query(`select from backstitch.${table}`)).rowCount,
    ),
  );

it('deletes expired keys, old inbox rows and letters that were settled long ago, in batches, and nothing else', async () => {
  await fill(12);
  const { runOnce } = createRetention({ database, inbox, batchSize: 10 });
  expect(await runOnce()).toEqual({ keys: 10, inboxMessages: 10, deadLetters: 10 });
  expect(await runOnce()).toEqual({ keys: 2, inboxMessages: 2, deadLetters: 2 });
  expect(await runOnce()).toEqual({ keys: 0, inboxMessages: 0, deadLetters: 0 });
  expect(await left()).toEqual([1, 1, 2]);
});

it('leaves the inbox alone where it is not told how long to keep it', async () => {
  await fill(3);
  expect(await createRetention({ database }).runOnce()).toEqual({ keys: 3, inboxMessages: 0, deadLetters: 0 });
});

it('may run several times at once: each row goes once', async () => {
  await fill(200);
  const { runOnce } = createRetention({ database, inbox, batchSize: 9 });
  const drain = async (): Promise<number> => {
    let deleted = 0;
    for (let pruned: PrunedRows = await runOnce(); ; pruned = await runOnce()) {
      const counts = Object.values(pruned) as number[];
      if (counts.every((count) => count === 0)) return deleted;
      deleted += counts.reduce((sum, count) => sum + count, 0);
    }
  };
  const counts = await Promise.all([drain(), drain(), drain()]);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(600);
  expect(await left()).toEqual([1, 1, 2]);
});

it('goes on batch by batch from start to stop, and tells what it deleted', async () => {
  await fill(25);
  const told: object[] = [];
  let quiet = (): void => undefined;
  const done = new Promise<void>((resolve) => (quiet = resolve));
  const logger: InboxLogger = {
    info: (fields) => {
      told.push(fields);
      if (told.length === 3) quiet();
    },
    warn: () => undefined,
    error: () => undefined,
  };
  const retention = createRetention({ database, inbox, batchSize: 10, intervalMs: 60_000, logger });
  await retention.start();
  await retention.start();
  await done;
  await retention.stop();
  expect(told.map((fields) => (fields as PrunedRows).keys)).toEqual([10, 10, 5]);
  expect(await left()).toEqual([1, 1, 2]);
});

it('refuses to start where the broker keeps a topic longer than the inbox its rows, or warns', async () => {
  const warned: object[] = [];
  const logger: InboxLogger = {
    info: () => undefined,
    warn: (fields) => void warned.push(fields),
    error: () => undefined,
  };
  const limited = async () => ({ kind: 'limited', retentionMs: 8 * dayMs }) as const;
  const short = createRetention({ database, inbox: { ...inbox, brokerRetention: limited }, logger });
  await expect(short.start()).rejects.toMatchObject({ code: 'RETENTION_TOO_SHORT', fields: { topic: 'orders' } });
  const warning = { ...inbox, brokerRetention: limited, onShortRetention: 'warn' as const };
  for (const settings of [warning, inbox]) {
    const retention = createRetention({ database, inbox: settings, logger });
    await retention.start();
    await retention.stop();
  }
  expect(warned).toEqual([
    expect.objectContaining({ kind: 'too-short', brokerRetentionMs: 8 * dayMs }),
    expect.objectContaining({ kind: 'unproven' }),
  ]);
});

it('finds settled letters by their age, however many are young or open', async () => {
  await database.sql.query(
    `insert into backstitch.inbox_dead_letters
       (consumer, message_key, topic, partition, record_offset, record_headers, record_at, status, code, settled_at)
     select 'c', n::text, 'orders', 0, n, '{}', now(), case when n % 2 = 0 then 'redriven' else 'held' end, 'X',
            case when n % 2 = 0 then now() - n * interval '1 second' end
       from generate_series(1, 20000) n`,
  );
  await database.sql.query('analyze backstitch.inbox_dead_letters');
  const { rows } = await database.sql.query<{ 'QUERY PLAN': string }>(
    `explain ${pruneLettersSql('backstitch.inbox_dead_letters')}`,
    [1_000, 18_000_000],
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('Index Scan using inbox_dead_letters_age');
  expect(plan).not.toContain('Seq Scan');
});

it.each([{ batchSize: 0 }, { intervalMs: -1 }, { inbox: { ...inbox, inboxRetentionMs: 0 } }])(
  'refuses %j',
  (options) => {
    expect(() => createRetention({ database, ...options })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }) as Error,
    );
  },
);
