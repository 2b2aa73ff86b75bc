import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { NewStoredInstance } from '../engine/saga-store.js';
import type { SagaTables } from './saga-tables.js';
import { tagDigest } from './tag-digest.js';

// The instance's own time, which the database gave it a moment ago. A twin would be another tag of the same digest: it finds the instance, too.
const insertSql = ({ instances, tags }: SagaTables): string => `
insert into ${tags} (tag, created_at, saga_id)
select g.tag::uuid, i.created_at, i.id
  from unnest(string_to_array($2, $1), string_to_array($3, $1)) as g (saga_id, tag)
  join ${instances} i on i.id = g.saga_id::uuid
    on conflict do nothing`;

/** Makes new instances findable by their tags. Instances without tags cost nothing. */
export async function insertTags(
  sql: Sql,
  given: readonly Pick<NewStoredInstance, 'instance' | 'tags'>[],
  options: { readonly tables: SagaTables },
): Promise<void> {
  const rows = given.flatMap(({ instance, tags }) =>
    Object.entries(tags).map(([name, value]) => ({ sagaId: instance.id, tag: tagDigest({ name, value }) })),
  );
  if (rows.length === 0) return;
  const { separator, columns } = delimitedColumns([rows.map(({ sagaId }) => sagaId), rows.map(({ tag }) => tag)]);
  await sql.query(insertSql(options.tables), [separator, ...columns]);
}
