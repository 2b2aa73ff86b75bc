import type { Sql } from '@backstitch/postgres';
import type { FenceKey, FenceRow } from '../participant/fence-store.js';
import { nowTime } from './database-time.js';
import { fenceKeyValues } from './fence-key.js';

// `created_at` keeps the first claim's time; the age that counts for pruning is the last settlement's.
const settleSql = (table: string): string => `
insert into ${table} (saga_id, step, item, round, status, do_reply, undo_reply, pending, settled_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, case when $5 <> 'fresh' then ${nowTime} end)
on conflict (saga_id, step, item, round) do update set
  status = excluded.status, do_reply = excluded.do_reply, undo_reply = excluded.undo_reply, pending = excluded.pending,
  settled_at = excluded.settled_at`;

export interface Settling {
  readonly key: FenceKey;
  readonly row: FenceRow;
}

/** Writes what became of a command. */
export async function settleFenceRow(
  sql: Sql,
  { key, row }: Settling,
  options: { readonly table: string },
): Promise<void> {
  const { status, doReply, undoReply, pending = null } = row;
  await sql.query(settleSql(options.table), [...fenceKeyValues(key), status, doReply, undoReply, pending]);
}
