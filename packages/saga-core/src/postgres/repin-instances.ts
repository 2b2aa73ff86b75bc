import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { SagaInstance } from '../machine/instance.js';

const repinSql = (table: string): string => `
update ${table} i set version = g.version::integer, hash = g.hash, input = nullif(g.input, '')
  from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1)) as g (id, version, hash, input)
 where i.id = g.id::uuid`;

/**
 * Writes what a migration changes and nothing else ever does. A statement of its own: in the one that every step runs, these columns would be
 * read and compared each time.
 */
export async function repinInstances(
  sql: Sql,
  instances: readonly SagaInstance[],
  options: { readonly table: string },
): Promise<void> {
  if (instances.length === 0) return;
  const { separator, columns } = delimitedColumns([
    instances.map(({ id }) => id),
    instances.map(({ version }) => String(version)),
    instances.map(({ hash }) => hash),
    instances.map(({ input }) => JSON.stringify(input) ?? ''),
  ]);
  await sql.query(repinSql(options.table), [separator, ...columns]);
}
