import type { AuditNote, OutboxVerb } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';
import { idList, numberList } from './literal.js';
import type { OutboxTables } from './table-names.js';

export interface ChangeRowsOptions {
  readonly tables: OutboxTables;
  readonly verb: Exclude<OutboxVerb, 'prune'>;
  readonly note: AuditNote;
}

// A requeued row keeps its place: what waits behind it must not be overtaken by it. Under a lease a row may be on its way, so it is not
// parked; a lease that ran out leaves the row in doubt.
const revive = (table: string): string =>
  `update ${table} set status = 'PENDING', retry_count = 0, claim_epoch = claim_epoch + 1`;
const changes = {
  requeue: { from: `status = 'FAILED'`, change: revive },
  unpark: { from: `status = 'PARKED'`, change: revive },
  drop: { from: `status in ('FAILED', 'PARKED')`, change: (table: string) => `delete from ${table}` },
  park: {
    from: `status in ('PENDING', 'RETRY', 'FAILED') and (claimed_until is null or claimed_until <= utc_timestamp(3))`,
    change: (table: string) => `update ${table}
      set in_doubt = (in_doubt or claimed_until is not null), status = 'PARKED', next_retry_at = null, claimed_until = null,
          claim_epoch = claim_epoch + 1`,
  },
} as const;

/** Changes those of the rows that are in a status for the verb, and records it, in the caller's transaction. Answers their ids. */
export async function changeRows(
  sql: MysqlSql,
  ids: readonly string[],
  { tables, verb, note }: ChangeRowsOptions,
): Promise<readonly string[]> {
  const { from, change } = changes[verb];
  const { rows } = await sql.query<{ seq: number; id: string }>(
    `select seq, id from ${tables.events} where id in (${idList(ids)}) and ${from} order by id for update`,
  );
  if (rows.length === 0) return [];
  const seqs = numberList(rows.map(({ seq }) => seq));
  // Before the change: the record says what was.
  await sql.query(
    `insert into ${tables.audit} (verb, actor, reason, row_id, topic, \`key\`, event_type, status_before, last_error)
     select '${verb}', ?, ?, id, topic, \`key\`, event_type, status, last_error from ${tables.events} where seq in (${seqs}) order by seq`,
    [note.actor, note.reason],
  );
  await sql.query(`${change(tables.events)} where seq in (${seqs})`);
  return rows.map(({ id }) => id);
}
