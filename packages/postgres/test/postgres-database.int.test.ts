import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { classify, type PostgresError, postgresDatabase, type Sql, savepoint, sqlState } from '../src/index.js';
import { type Driver, knexDriver, type OpenDriver, openKnex, pgDriver } from './drivers.js';

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

describe.each([knexDriver, pgDriver] as Driver<unknown>[])('the database over $name', (driver) => {
  let open: OpenDriver<unknown>;
  /** Another pool, to look from outside and to kill backends. */
  let other: OpenDriver<unknown>;
  beforeEach(async () => {
    // One connection: whoever forgets to give it back, or gives it back broken, stops the test.
    open = driver.open(server.url, { max: 1 });
    other = driver.open(server.url, { max: 1 });
    await other.database.sql.query('drop table if exists item');
    await other.database.sql.query(
      'create table item (id text primary key, data jsonb, unique (id) deferrable initially deferred)',
    );
  });
  afterEach(async () => {
    await open.close();
    await other.close();
  });

  const ids = async (): Promise<string[]> =>
    (await other.database.sql.query<{ id: string }>('select id from item order by id')).rows.map((row) => row.id);
  const kill = (pid: number) => other.database.sql.query('select pg_terminate_backend($1, 5000)', [pid]);
  const pidOf = async (sql: { query: OpenDriver<unknown>['database']['sql']['query'] }): Promise<number> =>
    (await sql.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;

  it('commits what the user and the library wrote in one transaction, and answers the value of the work', async () => {
    const value = await open.database.transaction(async (trx, sql) => {
      await open.run(trx, "insert into item (id) values ('user')");
      await sql.query('insert into item (id) values ($1)', ['library']);
      return 7;
    });
    expect(value).toBe(7);
    expect(await ids()).toEqual(['library', 'user']);
  });

  it('reads committed, whatever the default of the session', async () => {
    await other.database.sql.query(
      `alter database ${new URL(server.url).pathname.slice(1)} set default_transaction_isolation = 'serializable'`,
    );
    const level = await open.database.transaction(
      async (_trx, sql) => (await sql.query('show transaction_isolation')).rows[0],
    );
    await other.database.sql.query(
      `alter database ${new URL(server.url).pathname.slice(1)} reset default_transaction_isolation`,
    );
    expect(level).toEqual({ transaction_isolation: 'read committed' });
  });

  it('rolls back and rethrows what the work threw', async () => {
    const error = new Error('out of stock');
    const running = open.database.transaction(async (_trx, sql) => {
      await sql.query("insert into item (id) values ('a')");
      throw error;
    });
    await expect(running).rejects.toBe(error);
    expect(await ids()).toEqual([]);
  });

  it('takes a question mark in SQL for what it is', async () => {
    const { rows } = await open.database.transaction((_trx, sql) =>
      sql.query(`select '{"a":1}'::jsonb ? $1 as has, '?' as mark`, ['a']),
    );
    expect(rows).toEqual([{ has: true, mark: '?' }]);
  });

  it('reads values as itself decides, whatever the application set for its whole process', async () => {
    const before = [20, 1184].map((oid) => [oid, pg.types.getTypeParser(oid)] as const);
    pg.types.setTypeParser(20, Number);
    pg.types.setTypeParser(1184, () => 'of the application');
    const { rows } =
      await open.database.sql.query(`select 9007199254740993 as big, 1.50 as exact, 7::int as whole, 0.5::float8 as half,
      'infinity'::timestamptz as never, timestamptz '2026-11-22 17:59:19.125+05:30' as time, '{"a":[1]}'::jsonb as body, true as yes,
      array['a', null, 'NULL', 'b,"\\{}', ''] as words, array[1, 2] as numbers, array[]::text[] as none, '\\xff00'::bytea as bytes, null::int as nothing`);
    for (const [oid, parser] of before) pg.types.setTypeParser(oid, parser);
    expect(rows).toEqual([
      {
        big: '9007199254740993',
        exact: '1.50',
        whole: 7,
        half: 0.5,
        never: Number.POSITIVE_INFINITY,
        time: new Date('2026-11-22T12:29:19.125Z'),
        body: { a: [1] },
        yes: true,
        words: ['a', null, 'NULL', 'b,"\\{}', ''],
        numbers: [1, 2],
        none: [],
        bytes: Buffer.from([255, 0]),
        nothing: null,
      },
    ]);
  });

  it('refuses a time that is not in ISO form rather than reading it wrongly', async () => {
    const running = open.database.transaction(async (_trx, sql) => {
      await sql.query("set local datestyle = 'German'");
      await sql.query('select now() as time');
    });
    await expect(running).rejects.toMatchObject({ code: 'RESULT_UNREADABLE' });
  });

  it('answers rows, the count of touched rows and the command', async () => {
    const answer = await open.database.sql.query("insert into item (id) values ('a'), ('b')");
    expect(answer).toEqual({ rows: [], rowCount: 2, command: 'INSERT' });
    expect(await open.database.sql.query("select 1 as one; select 'x' as two")).toMatchObject({
      rows: [{ two: 'x' }],
      command: 'SELECT',
    });
  });

  it('throws where an error was swallowed inside, because Postgres answers ROLLBACK to COMMIT', async () => {
    const running = open.database.transaction(async (_trx, sql) => {
      await sql.query("insert into item (id) values ('a')");
      await sql.query('select 1 / 0').catch(() => undefined);
    });
    await expect(running).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED', fields: { tag: 'ROLLBACK' } });
    expect(await ids()).toEqual([]);
  });

  it('passes on the definite error of a COMMIT that a deferred constraint refused', async () => {
    const running = open.database.transaction(async (_trx, sql) => {
      await sql.query('alter table item drop constraint item_pkey');
      await sql.query("insert into item (id) values ('a'), ('a')");
    });
    const error = await running.catch((caught: unknown) => caught);
    expect(sqlState(error)).toBe('23505');
    expect(classify(error)).toBe('conflict');
  });

  it('refuses a transaction that was ended inside', async () => {
    const running = open.database.transaction(async (trx) => {
      const knexLike = trx as { commit?: () => Promise<unknown> };
      if (knexLike.commit !== undefined) await knexLike.commit();
      else await open.run(trx, 'commit');
    });
    await expect(running).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
  });

  it('refuses statements on a transaction that has ended', async () => {
    let kept: unknown;
    const sql = await open.database.transaction(async (trx, inner) => {
      kept = trx;
      return inner;
    });
    await expect(sql.query('select 1')).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
    expect(() => open.database.within(kept)).toThrowError(expect.objectContaining({ code: 'TRANSACTION_ENDED' }));
  });

  it('survives the killing of the backend of an open transaction, and calls it infrastructure', async () => {
    const running = open.database.transaction(async (_trx, sql) => {
      await sql.query("insert into item (id) values ('a')");
      await kill(await pidOf(sql));
      await sql.query('select 1');
    });
    const error = await running.catch((caught: unknown) => caught);
    expect(classify(error)).toBe('infrastructure');
    expect(await ids()).toEqual([]);
    expect((await open.database.sql.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  it("calls a dead connection infrastructure also where the author's own code met it first", async () => {
    const running = open.database.transaction(async (trx, sql) => {
      await kill(await pidOf(sql));
      await open.run(trx, 'select 1').catch(() => undefined);
      await open.run(trx, 'select 1');
    });
    const error = await running.catch((caught: unknown) => caught);
    expect(classify(error)).toBe('infrastructure');
  });

  it('survives the killing of an idle backend in the pool', async () => {
    await kill(await pidOf(open.database.sql));
    const again = async (): Promise<unknown> => (await open.database.sql.query('select 1 as one')).rows;
    // The pool may not have heard of the death yet: the first try may meet the dead session, the next must not.
    expect(await again().catch(again)).toEqual([{ one: 1 }]);
  });

  it('says that the fate is unknown where the connection fails during COMMIT', async () => {
    await other.database.sql.query(`create or replace function die() returns trigger language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); return null; end $$`);
    await other.database.sql.query(
      'create constraint trigger die after insert on item deferrable initially deferred for each row execute function die()',
    );
    const error = await open.database
      .transaction(async (_trx, sql) => void (await sql.query("insert into item (id) values ('a')")))
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'COMMIT_UNKNOWN' });
    expect((error as PostgresError).hint).toContain('idempotency');
    expect(classify(error)).toBe('infrastructure');
  });

  it('calls a pool without a free connection infrastructure', async () => {
    const narrow = driver.open(server.url, { max: 1, acquireTimeoutMs: 50 });
    await narrow.database.transaction(async () => {
      const inside = await narrow.database.transaction(async () => 1).catch((caught: unknown) => caught);
      expect(classify(inside)).toBe('infrastructure');
      const beside = await narrow.database.sql.query('select 1').catch((caught: unknown) => caught);
      expect(classify(beside)).toBe('infrastructure');
    });
    await narrow.close();
  });

  it('throws a connection away whose query timed out', async () => {
    const impatient = driver.open(server.url, { max: 1, queryTimeoutMs: 300 });
    let hanging = 0;
    const running = impatient.database.transaction(async (_trx, sql) => {
      hanging = await pidOf(sql);
      await sql.query('select pg_sleep(20)').catch((cause: unknown) => {
        throw new Error('wrapped by the author', { cause });
      });
    });
    const error = await running.catch((caught: unknown) => caught);
    expect(classify(error)).toBe('infrastructure');
    expect(await pidOf(impatient.database.sql)).not.toBe(hanging);
    await impatient.close();
  });

  it('names a server that cannot be reached', async () => {
    const nowhere = driver.open('postgres://nobody@127.0.0.1:1/nothing');
    const error = await nowhere.database.sql.query('select 1').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED' });
    await expect(nowhere.database.transaction(async () => 1)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await nowhere.close();
  });

  it('passes on the error of a value that cannot be sent, and keeps the connection', async () => {
    const ring: Record<string, unknown> = {};
    ring['self'] = ring;
    const error = await open.database
      .transaction((_trx, sql) => sql.query('select $1::jsonb', [ring]))
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TypeError);
    expect(classify(error)).toBe('other');
  });

  it('calls data that Postgres cannot store poison', async () => {
    const error = await open.database.sql.query('select $1::jsonb', ['"\\u0000"']).catch((caught: unknown) => caught);
    expect(classify(error)).toBe('poison');
  });

  it('undoes only what stands behind a savepoint that threw', async () => {
    await open.database.transaction(async (_trx, sql) => {
      await sql.query("insert into item (id) values ('before')");
      const inner = savepoint(sql, async () => {
        await sql.query("insert into item (id) values ('inside')");
        await savepoint(sql, () => sql.query('select 1 / 0')).catch(() => undefined);
        await sql.query('select 1 / 0');
      });
      await expect(inner).rejects.toMatchObject({ code: '22012' });
      expect(await savepoint(sql, async () => 'kept')).toBe('kept');
    });
    expect(await ids()).toEqual(['before']);
  });

  it('fails a savepoint whose work swallowed an error of the server', async () => {
    await open.database.transaction(async (_trx, sql) => {
      const inner = savepoint(sql, async () => void (await sql.query('select 1 / 0').catch(() => undefined)));
      await expect(inner).rejects.toMatchObject({ code: '25P02' });
      await sql.query("insert into item (id) values ('after')");
    });
    expect(await ids()).toEqual(['after']);
  });

  it('says that the transaction is lost where a savepoint cannot be rolled back to', async () => {
    const running = open.database.transaction((_trx, sql) =>
      savepoint(sql, async () => {
        await kill(await pidOf(sql));
        throw new Error('declined');
      }),
    );
    const error = await running.catch((caught: unknown) => caught);
    expect(classify(error)).toBe('infrastructure');
  });

  it('gives its connection back after whatever happened', async () => {
    const accidents: ((sql: Sql) => Promise<unknown>)[] = [
      async () => Promise.reject(new Error('no')),
      async (sql) => sql.query('select 1 / 0'),
      async (sql) => sql.query('select 1 / 0').catch(() => undefined),
      async (sql) => kill(await pidOf(sql)),
      async (sql) => savepoint(sql, async () => kill(await pidOf(sql))),
    ];
    for (const accident of accidents) {
      await expect(open.database.transaction((_trx, sql) => accident(sql))).rejects.toBeInstanceOf(Error);
      expect(await open.database.transaction(async (_trx, sql) => (await sql.query('select 1 as one')).rows)).toEqual([
        { one: 1 },
      ]);
    }
  });
});

describe('a nested transaction of knex', () => {
  it('is a transaction like any other, undone by itself and ended with its parent', async () => {
    const knex = openKnex(server.url, { max: 1 });
    const database = postgresDatabase(knex);
    await database.sql.query('create table if not exists nested (id text)');
    const parent = await knex.transaction();
    const kept = await parent.transaction();
    await database.within(kept).query("insert into nested values ('kept')");
    await kept.commit();
    const undone = await parent.transaction();
    const sql = database.within(undone);
    await sql.query("insert into nested values ('undone')");
    await undone.rollback();
    await expect(sql.query('select 1')).rejects.toMatchObject({ code: 'TRANSACTION_ENDED' });
    const open = await parent.transaction();
    await parent.commit();
    expect(() => database.within(open)).toThrowError(expect.objectContaining({ code: 'TRANSACTION_ENDED' }));
    expect((await database.sql.query('select id from nested')).rows).toEqual([{ id: 'kept' }]);
    await knex.destroy();
  });
});

describe('a client of pg', () => {
  it('is refused before its begin and after its commit, and does not kill the process when its backend dies', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    const database = postgresDatabase(pool);
    const client = await pool.connect();
    const ended = expect.objectContaining({ code: 'TRANSACTION_ENDED' });
    expect(() => database.within(client)).toThrowError(ended);
    await client.query('begin');
    const sql = database.within(client);
    expect((await sql.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.query('commit');
    await expect(sql.query('select 1')).rejects.toEqual(ended);
    await client.query('begin');
    const gone = new Promise<void>((resolve) => client.once('end', resolve));
    const killer = pgDriver.open(server.url, { max: 1 });
    const { pid } = (await sql.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0] ?? { pid: 0 };
    await killer.database.sql.query('select pg_terminate_backend($1)', [pid]);
    await gone;
    expect(classify(await sql.query('select 1').catch((caught: unknown) => caught))).toBe('infrastructure');
    client.release(true);
    await killer.close();
    await pool.end();
  });
});
