import type { Sql } from '@backstitch/postgres';
import { type DeadLetter, type DeadLetterRow, toDeadLetter } from './dead-letter.js';
import type { InboxTables } from './inbox-tables.js';

/** The first open letter behind a place; in one partition the order of offsets is the order of each key. */
export function nextDeadLetterSql(table: string): string {
  return `select * from ${table}
    where consumer = $1 and status in ('quarantined', 'failed', 'held') and (topic, partition, record_offset) > ($2, $3, $4)
    order by topic, partition, record_offset limit 1`;
}

export async function nextDeadLetter(
  sql: Sql,
  tables: InboxTables,
  after: { readonly consumer: string; readonly topic: string; readonly partition: number; readonly offset: string },
): Promise<DeadLetter | undefined> {
  const { rows } = await sql.query<DeadLetterRow>(nextDeadLetterSql(tables.deadLetters), [
    after.consumer,
    after.topic,
    after.partition,
    after.offset,
  ]);
  return rows[0] === undefined ? undefined : toDeadLetter(rows[0]);
}
