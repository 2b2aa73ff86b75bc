import type { Sql } from '@backstitch/postgres';
import type { FenceKey } from '../participant/fence-store.js';
import { fenceKeyValues } from './fence-key.js';

/** Deletes the row of a command whose work has failed. Whoever waits for it then finds none, and makes it again. */
export async function forgetFenceRow(sql: Sql, key: FenceKey, { table }: { readonly table: string }): Promise<void> {
  const where = 'saga_id = $1 and step = $2 and item = $3 and round = $4';
  await sql.query(`delete from ${table} where ${where}`, [...fenceKeyValues(key)]);
}
