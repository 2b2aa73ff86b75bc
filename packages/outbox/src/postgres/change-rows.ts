import type { Sql } from '@backstitch/postgres';
import { type AuditNote, type OutboxVerb, requireNote } from '../outbox-audit.js';

export interface ChangeRowsOptions {
  /** The quoted names of the tables. */
  readonly table: string;
  readonly auditTable: string;
  readonly verb: Exclude<OutboxVerb, 'prune'>;
  readonly note: AuditNote;
}

// A requeued row keeps its place: what waits behind it must not be overtaken by it. Under a lease a row may be on its way, so it is not
// parked; a lease that ran out leaves the row in doubt.
const revived = `set status = 'PENDING', retry_count = 0, claim_epoch = e.claim_epoch + 1`;
const changes = {
  requeue: { from: `status = 'FAILED'`, change: (table: string) => `update ${table} e ${revived}` },
  unpark: { from: `status = 'PARKED'`, change: (table: string) => `update ${table} e ${revived}` },
  drop: { from: `status in ('FAILED', 'PARKED')`, change: (table: string) => `delete from ${table} e` },
  park: {
    from: `status in ('PENDING', 'RETRY', 'FAILED') and (claimed_until is null or claimed_until <= clock_timestamp())`,
    change: (table: string) => `update ${table} e
     set status = 'PARKED', next_retry_at = null, claimed_until = null, claim_epoch = e.claim_epoch + 1,
         in_doubt = e.in_doubt or e.claimed_until is not null`,
  },
} as const;

// One statement: what was changed and who changed it are there together or not at all. Locked in the order of ids, as settlements
// are not: whoever of the two waits for the other in a cycle is thrown out by Postgres and tries again.
const changeSql = ({ table, auditTable, verb }: ChangeRowsOptions): string => `
with meant as (
  select id, status, topic, key, event_type, last_error from ${table}
   where id = any(string_to_array($1, ',')::uuid[]) and ${changes[verb].from}
   order by id for update
),
changed as (
  ${changes[verb].change(table)}
   ${verb === 'drop' ? 'using' : 'from'} meant where e.id = meant.id
  returning e.id, meant.status, e.topic, e.key, e.event_type, meant.last_error
)
insert into ${auditTable} (verb, actor, reason, row_id, topic, key, event_type, status_before, last_error)
select '${verb}', $2, $3, id, topic, key, event_type, status, last_error from changed
returning row_id as id`;

/** Changes those of the rows that are in a status for the verb, and records it. Answers their ids. */
export async function changeRows(
  sql: Sql,
  ids: readonly string[],
  options: ChangeRowsOptions,
): Promise<readonly string[]> {
  const { actor, reason } = requireNote(options.note);
  if (ids.length === 0) return [];
  const { rows } = await sql.query<{ id: string }>(changeSql(options), [ids.join(','), actor, reason]);
  return rows.map((row) => row.id);
}
