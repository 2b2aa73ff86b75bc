import type { Sql } from '@backstitch/postgres';
import type { FenceKey, FenceRow, FenceStatus } from '../participant/fence-store.js';
import { nowMs } from './database-time.js';
import { fenceKeyValues } from './fence-key.js';

const insertSql = (table: string): string => `
insert into ${table} (saga_id, step, item, round) values ($1, $2, $3, $4) on conflict (saga_id, step, item, round) do nothing
returning ${nowMs} as now`;

const lockSql = (table: string): string => `
select status, do_reply, undo_reply, pending from ${table} where saga_id = $1 and step = $2 and item = $3 and round = $4 for update`;

interface Row {
  readonly status: FenceStatus;
  readonly do_reply: string | null;
  readonly undo_reply: string | null;
  readonly pending: string | null;
}

export interface ClaimedFenceRow {
  readonly row: FenceRow;
  /** The database's time, where the statement told it. */
  readonly now: number | undefined;
}

/**
 * A row that the insert made is ours until the transaction ends, and nothing is known of it. Otherwise two statements, because one that inserts or else selects has a snapshot from before the rival's commit, and answers nothing. A rival's
 * insert makes ours wait for its commit; where the row existed the select waits.
 */
export async function claimFenceRow(
  sql: Sql,
  key: FenceKey,
  options: { readonly table: string },
): Promise<ClaimedFenceRow> {
  const values = fenceKeyValues(key);
  // A row that is deleted between the two statements is made again: it was pruned, or the work on it has failed.
  for (;;) {
    const inserted = await sql.query<{ now: number }>(insertSql(options.table), values);
    const now = inserted.rows[0]?.now;
    if (now !== undefined) return { row: { status: 'fresh', doReply: null, undoReply: null }, now };
    const row = await findFenceRow(sql, key, options);
    if (row !== undefined) return { row, now: undefined };
  }
}

/** Locks the row that is there; makes none. */
export async function findFenceRow(
  sql: Sql,
  key: FenceKey,
  { table }: { readonly table: string },
): Promise<FenceRow | undefined> {
  const { rows } = await sql.query<Row>(lockSql(table), fenceKeyValues(key));
  const [row] = rows;
  if (row === undefined) return undefined;
  const { status, do_reply: doReply, undo_reply: undoReply, pending } = row;
  return { status, doReply, undoReply, ...(pending === null ? {} : { pending }) };
}
