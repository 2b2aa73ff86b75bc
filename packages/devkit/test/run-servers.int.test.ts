import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { describeWithKafka, kafkaBrokers, testDatabase } from '../src/testing.js';
import { waitForKafka } from '../src/wait-for-kafka.js';

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('testDatabase', () => {
  it('gives every caller an empty database of its own', async () => {
    const [one, other] = await Promise.all([testDatabase(), testDatabase()]);
    expect(one.url).not.toBe(other.url);
    await ask(one.url, 'create table mine (id int)');
    expect(await ask(other.url, "select * from pg_tables where schemaname = 'public'")).toEqual([]);
    await Promise.all([one.drop(), other.drop()]);
    await expect(ask(one.url, 'select 1')).rejects.toThrow(/does not exist/);
  });

  it('is dropped under connections that a test forgot', async () => {
    const database = await testDatabase();
    const forgotten = new pg.Client({ connectionString: database.url });
    const lost = new Promise((resolve) => forgotten.on('error', resolve));
    await forgotten.connect();
    await database.drop();
    await expect(lost).resolves.toBeInstanceOf(Error);
  });

  it('lies on a server that keeps its promises about durability', async () => {
    const database = await testDatabase();
    expect(await ask(database.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
    expect(await ask(database.url, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
    await database.drop();
  });
});

describeWithKafka("the run's Kafka", () => {
  it('answers', async () => {
    await waitForKafka(kafkaBrokers() ?? [], { name: 'Kafka', within: 60_000 });
  });
});
