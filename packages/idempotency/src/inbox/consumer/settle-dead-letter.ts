import type { Sql } from '@backstitch/postgres';
import type { InboxTables } from './inbox-tables.js';

export type Settlement =
  | { readonly status: 'redriven' }
  | { readonly status: 'discarded'; readonly actor: string; readonly reason: string };

/** False where it is settled already, or no letter of this consumer's. */
export async function settleDeadLetter(
  sql: Sql,
  tables: InboxTables,
  settle: { readonly consumer: string; readonly id: string; readonly as: Settlement },
): Promise<boolean> {
  const { as } = settle;
  const { rowCount } = await sql.query(
    `update ${tables.deadLetters} set status = $3, settled_at = clock_timestamp(), settled_by = $4, settled_because = $5
     where consumer = $1 and id = $2 and settled_at is null`,
    [
      settle.consumer,
      settle.id,
      as.status,
      as.status === 'discarded' ? as.actor : null,
      as.status === 'discarded' ? as.reason : null,
    ],
  );
  return rowCount === 1;
}
