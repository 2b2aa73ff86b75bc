import { createIdempotency, idempotencyMigrations } from '@backstitch/idempotency';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';
import type { Candidate } from './candidate.js';

const payload = JSON.stringify({ text: 'x'.repeat(180) });
export const insertSql = 'insert into payments (key, payload) values ($1, $2)';
export const insertValues = (key: string): unknown[] => [key, payload];

export async function createTables(databaseUrl: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  await migrate(postgresDatabase(pool), idempotencyMigrations);
  await pool.query(`
    create table payments (id bigint generated always as identity primary key, key text not null, payload text not null);
    create table handmade_keys (key text primary key, result text, created_at timestamptz not null default now())`);
  await pool.end();
}

/** The floor: the business row in a transaction, and no key at all. */
export function bareInsert(databaseUrl: string, connections: number): Candidate {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
  const database = postgresDatabase(pool, { preparedStatements: true });
  return {
    name: 'bare insert, no key',
    sharesTransaction: true,
    afterCrash: 'the next try inserts again',
    replays: false,
    run: (key) =>
      database.transaction(async (_trx, sql) => {
        await sql.query(insertSql, insertValues(key));
      }),
    close: () => pool.end(),
  };
}

/** What one writes by hand: a key row on conflict do nothing, then the business row. No fingerprint, no expiry, no bounded wait. */
export function handmade(databaseUrl: string, connections: number): Candidate {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
  const database = postgresDatabase(pool, { preparedStatements: true });
  return {
    name: 'key row by hand',
    sharesTransaction: true,
    afterCrash: 'key free at once, or the stored result',
    replays: true,
    run: (key) =>
      database.transaction(async (_trx, sql) => {
        const claimed = await sql.query(
          "insert into handmade_keys (key, result) values ($1, 'paid') on conflict do nothing",
          [key],
        );
        if (claimed.rowCount === 1) await sql.query(insertSql, insertValues(key));
        else await sql.query('select result from handmade_keys where key = $1', [key]);
      }),
    close: () => pool.end(),
  };
}

export function backstitchOnce(undo: 'savepoint' | 'transaction', databaseUrl: string, connections: number): Candidate {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
  const database = postgresDatabase(pool, { preparedStatements: true });
  const idempotency = createIdempotency({ database });
  return {
    name: `@backstitch/idempotency, once(trx), undo: '${undo}'${undo === 'savepoint' ? ' (default)' : ''}`,
    sharesTransaction: true,
    afterCrash: 'key free at once, or the stored result',
    replays: true,
    run: (key) =>
      database.transaction(async (trx, sql) => {
        await idempotency.once(trx, { scope: 'bench', key, fingerprint: payload, undo }, async () => {
          await sql.query(insertSql, insertValues(key));
          return { paid: true };
        });
      }),
    close: () => pool.end(),
  };
}
