import type { Sql } from '@backstitch/postgres';

// Batches of replies meet the relay's settlements of the very same rows, in another order: waiting for one another they would deadlock. So a
// locked row is passed over. It is being settled now, mostly as sent; at worst the record is sent once more.
const markSql = (table: string): string => `
with unsent as (
  select id from ${table}
   where id = any(string_to_array($1, ',')::uuid[]) and status <> 'SENT'
     for update skip locked
)
update ${table} e set status = 'SENT', sent_at = clock_timestamp(), next_retry_at = null, deliver_after = null, claimed_until = null
  from unsent where e.id = unsent.id
returning e.id`;

/** Marks unsent rows SENT, whoever holds them, the FAILED and PARKED ones too. Answers their ids. */
export async function markDelivered(
  sql: Sql,
  ids: readonly string[],
  options: { readonly table: string },
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>(markSql(options.table), [ids.join(',')]);
  return rows.map((row) => row.id);
}
