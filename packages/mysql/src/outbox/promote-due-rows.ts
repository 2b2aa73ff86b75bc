import type { MysqlSql } from '../mysql-database.js';
import { numberList } from './literal.js';

// Of the claim's transaction, before its look, which then sees these rows as any other. A bound, so that a million messages that fall due at
// midnight do not make one long transaction: the next claim takes the next ones. Looked up first, because an update waits for rows that others
// have locked.
export const dueSql = (table: string): string => `
select seq from ${table} force index (outbox_events_delayed)
 where deliver_after <= utc_timestamp(3) order by deliver_after limit 1000 for update skip locked`;

/** Delayed rows whose time has come join those that may be claimed. */
export async function promoteDueRows(sql: MysqlSql, table: string): Promise<void> {
  const { rows } = await sql.query<{ seq: number }>(dueSql(table));
  if (rows.length === 0) return;
  await sql.query(`update ${table} set deliver_after = null where seq in (${numberList(rows.map(({ seq }) => seq))})`);
}
