import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { JournalEntry } from '../machine/journal-event.js';
import { timeOf } from './database-time.js';

export interface SagaJournal {
  readonly sagaId: string;
  readonly entries: readonly JournalEntry[];
}

const insertSql = (table: string): string => `
insert into ${table} (saga_id, seq, at, entry)
select saga_id::uuid, seq::integer, ${timeOf('at')}, entry
  from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1)) as g (saga_id, seq, at, entry)`;

/** Appends to all journals in one statement. A place that is taken already fails it: two histories of one instance cannot be. */
export async function insertJournal(
  sql: Sql,
  journals: readonly SagaJournal[],
  options: { readonly table: string },
): Promise<void> {
  const rows = journals.flatMap(({ sagaId, entries }) => entries.map((entry) => ({ sagaId, entry })));
  if (rows.length === 0) return;
  const { separator, columns } = delimitedColumns([
    rows.map(({ sagaId }) => sagaId),
    rows.map(({ entry }) => String(entry.seq)),
    rows.map(({ entry }) => String(entry.at)),
    rows.map(({ entry }) => JSON.stringify(entry)),
  ]);
  await sql.query(insertSql(options.table), [separator, ...columns]);
}
