import { randomBytes, randomUUID } from 'node:crypto';
import type { Sql } from '@backstitch/postgres';
import type { Installation } from '../engine/saga-store.js';

const insertSql = (table: string): string => `
insert into ${table} (id, token_key_id, token_secret) values ($1, $2, $3) on conflict (only_one) do nothing`;

const readSql = (table: string): string => `select id, token_key_id, token_secret from ${table}`;

interface Row {
  readonly id: string;
  readonly token_key_id: string;
  readonly token_secret: string;
}

/** Reads the one row, and makes it where it is missing. */
export async function readInstallation(sql: Sql, options: { readonly table: string }): Promise<Installation> {
  const read = async (): Promise<Row | undefined> => (await sql.query<Row>(readSql(options.table))).rows[0];
  // Read first: after the first start ever there is nothing to insert, and a role that may only read can start.
  let row = await read();
  if (row === undefined) {
    const { id, tokenKey } = newInstallation();
    await sql.query(insertSql(options.table), [id, tokenKey.id, tokenKey.secret]);
    // Whoever came first made it; a second statement sees it.
    row = await read();
  }
  if (row === undefined) throw new Error('The installation was deleted while it was read.');
  return { id: row.id, tokenKey: { id: row.token_key_id, secret: row.token_secret } };
}

export function newInstallation(): Installation {
  return {
    id: randomUUID(),
    tokenKey: { id: randomBytes(6).toString('hex'), secret: randomBytes(32).toString('hex') },
  };
}
