import type { Sql } from '@backstitch/postgres';

// Of the claim's transaction, before its statement, whose snapshot then shows these rows as any other. A bound, so that a million messages that
// fall due at midnight do not make one long transaction: the next claim takes the next ones.
export const promoteSql = (table: string): string => `
update ${table} set deliver_after = null where ctid = any(array(
  select ctid from ${table} where deliver_after <= statement_timestamp() order by deliver_after limit 1000 for update skip locked))`;

/** Delayed rows whose time has come join those that may be claimed. */
export async function promoteDueRows(sql: Sql, table: string): Promise<void> {
  await sql.query(promoteSql(table));
}
