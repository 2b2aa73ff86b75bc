import type { MysqlSql } from '../mysql-database.js';
import { idList, numberList } from './literal.js';

interface Found {
  readonly seq: number;
  readonly id: string;
}

// A locked row is being claimed or settled at this moment; not to wait for it is the same answer as to find it claimed, and cannot deadlock.
async function lockFree(
  sql: MysqlSql,
  table: string,
  ids: readonly string[],
  which: string,
): Promise<readonly Found[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<Found>(
    `select seq, id from ${table} where id in (${idList(ids)}) and ${which} for update skip locked`,
  );
  return rows;
}

/**
 * Deletes those of the rows that certainly were not sent. A lease that ran out is no proof: its holder may have sent and not been able to say
 * so. Only `claimed_until is null` is.
 */
export async function withdrawRows(sql: MysqlSql, ids: readonly string[], table: string): Promise<readonly string[]> {
  const idle = await lockFree(sql, table, ids, `status <> 'SENT' and claimed_until is null and not in_doubt`);
  if (idle.length > 0) await sql.query(`delete from ${table} where seq in (${numberList(idle.map(({ seq }) => seq))})`);
  return idle.map(({ id }) => id);
}

/** Marks unsent rows SENT, whoever holds them, the FAILED and PARKED ones too. */
export async function markDelivered(sql: MysqlSql, ids: readonly string[], table: string): Promise<readonly string[]> {
  const unsent = await lockFree(sql, table, ids, `status <> 'SENT'`);
  if (unsent.length > 0) {
    await sql.query(
      `update ${table} set status = 'SENT', sent_at = utc_timestamp(3), next_retry_at = null, deliver_after = null, claimed_until = null
        where seq in (${numberList(unsent.map(({ seq }) => seq))})`,
    );
  }
  return unsent.map(({ id }) => id);
}

/** Which of the rows are still PENDING or RETRY. */
export async function unsentRows(sql: MysqlSql, ids: readonly string[], table: string): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<Found>(
    `select seq, id from ${table} where id in (${idList(ids)}) and status in ('PENDING', 'RETRY')`,
  );
  return rows.map(({ id }) => id);
}

/** Takes rows that FAILED out of their lanes. They stay, for the operator to see. */
export async function leaveLane(sql: MysqlSql, ids: readonly string[], table: string): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `update ${table} set ordered = false where id in (${idList(ids)}) and status = 'FAILED' and ordered = true`,
  );
}
