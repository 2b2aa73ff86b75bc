import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  postgresAuditPruner,
  postgresOutboxOperations,
  postgresOutboxStore,
  postgresOutboxTable,
} from '../../src/index.js';
import { pruneAuditSql } from '../../src/postgres/prune-audit.js';
import { newRow } from '../../src/testing/conformance/new-row.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';
import { planOf } from './plan-of.js';

let db: OutboxDatabase;
beforeAll(async () => {
  db = await outboxDatabase();
});
afterAll(() => db.end());
afterEach(() => db.clear());

const rowsLeft = async (table: string): Promise<number> =>
  (await db.database.sql.query(`select from backstitch.${table}`)).rowCount;

it('passes over a sent row that somebody has locked, without waiting', async () => {
  const locked = newRow();
  const rows = [locked, newRow(), newRow()];
  const table = postgresOutboxTable();
  await db.database.transaction(async (_trx, sql) => {
    await table.insert(sql, rows);
    await table.markDelivered(
      sql,
      rows.map((row) => row.id),
    );
  });
  await db.elapse(60_000);
  const open = await db.knex.transaction();
  await open.raw('select from backstitch.outbox_events where id = ? for update', [locked.id]);
  const deleted = await postgresOutboxStore({ database: db.database }).prune({ olderThanMs: 1_000, limit: 10 });
  await open.rollback();
  expect([deleted, await rowsLeft('outbox_events')]).toEqual([2, 1]);
});

it('deletes audit entries that are old enough, the oldest first, and no others', async () => {
  await postgresOutboxOperations({ database: db.database }).prune(
    { olderThanMs: 1, limit: 1 },
    { actor: 'ada', reason: 'young' },
  );
  await db.database.sql.query(`insert into backstitch.outbox_audit (verb, actor, reason, row_count, at)
    select 'prune', 'ada', 'old', n, now() - n * interval '1 day' from generate_series(10, 14) n`);
  const pruner = postgresAuditPruner({ database: db.database, keepMs: 9 * 86_400_000, batchSize: 3 });
  expect([await pruner.runOnce(), await pruner.runOnce(), await pruner.runOnce()]).toEqual([3, 2, 0]);
  const { rows } = await db.database.sql.query('select reason from backstitch.outbox_audit');
  expect(rows).toEqual([{ reason: 'young' }]);
  expect(() => postgresAuditPruner({ database: db.database, keepMs: 0 })).toThrow('keepMs is 0');
});

it('finds old audit entries by their index', async () => {
  await db.database.sql.query(`insert into backstitch.outbox_audit (verb, actor, reason, row_count, at)
    select 'prune', 'ada', 'OPS-1', n, now() - n * interval '1 minute' from generate_series(1, 20000) n`);
  await db.database.sql.query('analyze backstitch.outbox_audit');
  const nodes = await planOf(db.database.sql, pruneAuditSql('backstitch.outbox_audit'), [14 * 86_400_000, 100]);
  expect(nodes.map((node) => node['Index Name'])).toContain('outbox_audit_age');
  expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
});
