import { describeWithMysql, testMysqlDatabase } from '@backstitch/devkit/mysql-testing';
import { createPool, type Pool } from 'mysql2/promise';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type MysqlDatabase,
  migrateMysql,
  mysqlDatabase,
  mysqlOutboxMigrations,
  mysqlOutboxStore,
} from '../src/index.js';
import type { PoolConnection } from 'mysql2/promise';

describeWithMysql('migrateMysql', () => {
  let pool: Pool;
  let database: MysqlDatabase<PoolConnection>;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    const server = await testMysqlDatabase();
    drop = server.drop;
    pool = createPool({ uri: server.url, connectionLimit: 12 });
    database = mysqlDatabase(pool);
  });
  afterEach(async () => {
    await pool.end();
    await drop();
  });

  it('applies each migration once, however many call it at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 6 }, () => migrateMysql(database, mysqlOutboxMigrations)));
    expect(results.flatMap(({ applied }) => applied)).toEqual([{ number: 1, name: 'outbox' }]);
    expect(await migrateMysql(database, mysqlOutboxMigrations)).toEqual({ applied: [] });
  });

  it('goes on where it broke off: what MySQL has committed is done again without harm', async () => {
    const [whole] = mysqlOutboxMigrations.migrations;
    const statements = [...(whole?.statements ?? []).slice(0, 2), 'select nothing from nowhere'];
    const broken = { component: 'outbox', migrations: [{ number: 1, name: 'outbox', statements }] };
    await expect(migrateMysql(database, broken)).rejects.toMatchObject({ errno: 1146 });
    expect(await migrateMysql(database, mysqlOutboxMigrations)).toEqual({ applied: [{ number: 1, name: 'outbox' }] });
    expect((await mysqlOutboxStore({ database }).counts()).pending).toBe(0);
  });

  it('keeps two outboxes of one database apart by their prefix, and refuses an unusable one', async () => {
    await migrateMysql(database, mysqlOutboxMigrations);
    await migrateMysql(database, { ...mysqlOutboxMigrations, tablePrefix: 'billing_' });
    expect((await mysqlOutboxStore({ database, tablePrefix: 'billing_' }).counts()).pending).toBe(0);
    expect(() => mysqlOutboxStore({ database, tablePrefix: 'a`; --' })).toThrowError(
      expect.objectContaining({
        code: 'IDENTIFIER_INVALID',
        fields: { field: 'tablePrefix', found: 'a`; --' },
      }) as Error,
    );
  });

  it('refuses a past that differs from this library’s, and a future that breaks it', async () => {
    await migrateMysql(database, mysqlOutboxMigrations);
    await database.sql.query(
      `insert into backstitch_migrations (component, number, name, checksum, breaking) values ('outbox', 2, 'later', '', false)`,
    );
    expect(await migrateMysql(database, mysqlOutboxMigrations)).toEqual({ applied: [] });
    await database.sql.query('update backstitch_migrations set breaking = true where number = 2');
    await expect(migrateMysql(database, mysqlOutboxMigrations)).rejects.toMatchObject({ code: 'SCHEMA_TOO_NEW' });
    await database.sql.query(`update backstitch_migrations set checksum = 'x' where number = 1`);
    await expect(migrateMysql(database, mysqlOutboxMigrations)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
  });
});
