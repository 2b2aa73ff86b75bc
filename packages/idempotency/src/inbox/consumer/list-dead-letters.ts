import type { Sql } from '@backstitch/postgres';
import { requirePositive } from '../../require-option.js';
import { type DeadLetter, type DeadLetterRow, toDeadLetter } from './dead-letter.js';
import type { InboxTables } from './inbox-tables.js';

export interface DeadLetterQuery {
  readonly status?: DeadLetter['status'];
  /** Of the page before: the last letter's id. */
  readonly after?: string;
  /** Default 100. */
  readonly limit?: number;
}

/** By id, oldest first. */
export async function listDeadLetters(
  sql: Sql,
  tables: InboxTables,
  query: DeadLetterQuery & { readonly consumer: string },
): Promise<readonly DeadLetter[]> {
  const { rows } = await sql.query<DeadLetterRow>(
    `select * from ${tables.deadLetters}
     where consumer = $1 and ($2::text is null or status = $2) and id > $3 order by id limit $4`,
    [query.consumer, query.status ?? null, query.after ?? '0', requirePositive('limit', query.limit ?? 100)],
  );
  return rows.map(toDeadLetter);
}
