import type { Sql } from '@backstitch/postgres';
import type { InboxTables } from './inbox-tables.js';

/** Which of these messages were put aside before. */
export function knownLettersSql(table: string): string {
  return `select message_key from ${table} where consumer = $1 and message_key = any($2)`;
}

export async function knownLetters(
  sql: Sql,
  tables: InboxTables,
  at: { readonly consumer: string; readonly messageKeys: readonly string[] },
): Promise<Set<string>> {
  const { rows } = await sql.query<{ message_key: string }>(knownLettersSql(tables.deadLetters), [
    at.consumer,
    at.messageKeys,
  ]);
  return new Set(rows.map((row) => row.message_key));
}

/** Which of these record keys (as stored) have an open letter, so that what follows must wait behind it. */
export function heldKeysSql(table: string): string {
  return `select distinct record_key from ${table}
    where consumer = $1 and topic = $2 and record_key = any($3) and status in ('failed', 'held')`;
}

export async function heldKeys(
  sql: Sql,
  tables: InboxTables,
  at: { readonly consumer: string; readonly topic: string; readonly recordKeys: readonly string[] },
): Promise<Set<string>> {
  const { rows } = await sql.query<{ record_key: string }>(heldKeysSql(tables.deadLetters), [
    at.consumer,
    at.topic,
    at.recordKeys,
  ]);
  return new Set(rows.map((row) => row.record_key));
}
