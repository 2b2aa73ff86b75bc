import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { knexMigrationSource, type MigrationComponent, migrate, migrationSql } from '../src/index.js';
import { type Driver, knexDriver, type OpenDriver, openKnex, pgDriver } from './drivers.js';

const first = { number: 1, name: 'shelf', sql: 'create table {{schema}}.shelf (id text primary key);' };
const second = {
  number: 2,
  name: 'book',
  sql: "create table {{schema}}.book (id text);\ninsert into {{schema}}.shelf values ('?');",
};
const breaking = { number: 2, name: 'book', sql: `--! breaking\n${second.sql}` };
const library: MigrationComponent = { component: 'library', migrations: [first, second] };
const archive: MigrationComponent = {
  component: 'archive',
  migrations: [{ number: 1, name: 'box', sql: 'create table {{schema}}.box (id text);' }],
};

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

describe.each([knexDriver, pgDriver] as Driver<unknown>[])('migrations over $name', (driver) => {
  let open: OpenDriver<unknown>;
  beforeEach(async () => {
    open = driver.open(server.url);
    await open.database.sql.query('drop schema if exists backstitch cascade; drop schema if exists elsewhere cascade');
  });
  afterEach(() => open.close());

  const ledger = async (schema = 'backstitch'): Promise<string[]> =>
    (
      await open.database.sql.query<{ it: string }>(
        `select component || ' ' || number as it from ${schema}.migrations order by 1`,
      )
    ).rows.map((row) => row.it);

  it('applies what is missing, once, and says what it did', async () => {
    expect(await migrate(open.database, { component: 'library', migrations: [first] })).toEqual({
      applied: [{ number: 1, name: 'shelf' }],
    });
    expect(await migrate(open.database, library)).toEqual({ applied: [{ number: 2, name: 'book' }] });
    expect(await migrate(open.database, library)).toEqual({ applied: [] });
    expect(await ledger()).toEqual(['library 1', 'library 2']);
  });

  it('keeps components and schemas apart', async () => {
    await migrate(open.database, { ...library, schema: 'elsewhere' });
    await migrate(open.database, { ...archive, schema: 'elsewhere' });
    await migrate(open.database, archive);
    expect(await ledger('elsewhere')).toEqual(['archive 1', 'library 1', 'library 2']);
    expect(await ledger()).toEqual(['archive 1']);
  });

  it('lets twenty processes start at once', async () => {
    const pools = Array.from({ length: 20 }, () => driver.open(server.url, { max: 1 }));
    const results = await Promise.all(pools.map(({ database }) => migrate(database, library)));
    await Promise.all(pools.map((pool) => pool.close()));
    expect(results.map((result) => result.applied.length).sort()).toEqual([...Array.from({ length: 19 }, () => 0), 2]);
    expect(await ledger()).toEqual(['library 1', 'library 2']);
  });

  it('leaves nothing of a migration that fails, nor of those before it', async () => {
    const failing = { number: 2, name: 'book', sql: 'create table {{schema}}.book (id nonsense);' };
    await expect(migrate(open.database, { component: 'library', migrations: [first, failing] })).rejects.toMatchObject({
      code: '42704',
    });
    const { rows } = await open.database.sql.query("select to_regnamespace('backstitch') as schema");
    expect(rows).toEqual([{ schema: null }]);
  });

  it('refuses to run an older library against a newer breaking migration, and lets it run against one that breaks nothing', async () => {
    const older: MigrationComponent = { component: 'library', migrations: [first] };
    await migrate(open.database, library);
    expect(await migrate(open.database, older)).toEqual({ applied: [] });
    await open.database.sql.query('drop schema backstitch cascade');
    await migrate(open.database, { component: 'library', migrations: [first, breaking] });
    await expect(migrate(open.database, older)).rejects.toMatchObject({
      code: 'SCHEMA_TOO_NEW',
      fields: { number: 2, newestKnown: 1 },
    });
  });

  it('refuses a migration whose text was changed after it was applied', async () => {
    await migrate(open.database, library);
    const changed = { ...first, sql: `${first.sql} -- tidier` };
    await expect(migrate(open.database, { component: 'library', migrations: [changed, second] })).rejects.toMatchObject(
      {
        code: 'MIGRATION_CHANGED',
        fields: { component: 'library', number: 1 },
      },
    );
  });

  it('needs no right to create where nothing is pending', async () => {
    await migrate(open.database, library);
    await open.database.sql.query(`do $$ begin create role reader login; exception when duplicate_object then null; end $$;
      grant usage on schema backstitch to reader; grant select on backstitch.migrations to reader`);
    const url = new URL(server.url);
    url.username = 'reader';
    url.password = 'unused';
    const reader = driver.open(url.href);
    await open.database.sql.query("alter role reader password 'unused'");
    expect(await migrate(reader.database, library)).toEqual({ applied: [] });
    await reader.close();
    await open.database.sql.query('drop owned by reader; drop role reader');
  });

  it('prints plain SQL that the runner then takes for its own', async () => {
    await open.database.sql.query(migrationSql({ components: [library, archive] }));
    expect(await migrate(open.database, library)).toEqual({ applied: [] });
    expect(await ledger()).toEqual(['archive 1', 'library 1', 'library 2']);
    await expect(open.database.sql.query(migrationSql({ components: [library] }))).rejects.toMatchObject({
      code: '23505',
    });
    // A failed text of several statements leaves its own `begin` open in that session.
    await open.database.sql.query('rollback');
  });
});

describe('the source of migrations for knex', () => {
  it('runs in knex.migrate, skips what our own runner has done, and refuses to go back', async () => {
    const own = knexDriver.open(server.url);
    await own.database.sql.query('drop schema if exists backstitch cascade');
    await migrate(own.database, { component: 'library', migrations: [first] });
    const knex = openKnex(server.url);
    const config = { migrationSource: knexMigrationSource([library, archive]) };
    const [, names] = (await knex.migrate.latest(config)) as [number, string[]];
    expect(names).toEqual([
      'backstitch_library_0001_shelf',
      'backstitch_library_0002_book',
      'backstitch_archive_0001_box',
    ]);
    expect((await own.database.sql.query('select id from backstitch.shelf')).rows).toEqual([{ id: '?' }]);
    expect(await migrate(own.database, library)).toEqual({ applied: [] });
    await expect(knex.migrate.rollback(config)).rejects.toMatchObject({ code: 'MIGRATION_FORWARD_ONLY' });
    await knex.destroy();
    await own.close();
  });
});
