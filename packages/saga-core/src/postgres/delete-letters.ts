import { delimitedColumns, type Sql } from '@backstitch/postgres';

export interface LetterKey {
  readonly sagaId: string;
  readonly id: string;
}

const deleteSql = (table: string): string => `
delete from ${table} l
 using unnest(string_to_array($2, $1), string_to_array($3, $1)) as g (saga_id, id)
 where l.saga_id = g.saga_id::uuid and l.id = coalesce(g.id, '')`;

export async function deleteLetters(
  sql: Sql,
  letters: readonly LetterKey[],
  options: { readonly table: string },
): Promise<void> {
  if (letters.length === 0) return;
  const { separator, columns } = delimitedColumns([letters.map(({ sagaId }) => sagaId), letters.map(({ id }) => id)]);
  await sql.query(deleteSql(options.table), [separator, ...columns]);
}
