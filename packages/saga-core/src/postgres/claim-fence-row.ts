import type { Sql } from '@backstitch/postgres';
import type { FenceKey, FenceRow, FenceStatus } from '../participant/fence-store.js';
import { fenceKeyValues } from './fence-key.js';

const insertSql = (table: string): string => `
insert into ${table} (saga_id, step, item, round) values ($1, $2, $3, $4) on conflict (saga_id, step, item, round) do nothing`;

const lockSql = (table: string): string => `
select status, do_reply, undo_reply from ${table} where saga_id = $1 and step = $2 and item = $3 and round = $4 for update`;

interface Row {
  readonly status: FenceStatus;
  readonly do_reply: string | null;
  readonly undo_reply: string | null;
}

/**
 * Two statements, because one that inserts or else selects has a snapshot from before the rival's commit, and answers nothing. A rival's
 * insert makes ours wait for its commit; where the row existed the select waits.
 */
export async function claimFenceRow(sql: Sql, key: FenceKey, options: { readonly table: string }): Promise<FenceRow> {
  const values = fenceKeyValues(key);
  // A row that is pruned between the two statements is made again; it was settled months ago, and nothing else deletes rows.
  for (;;) {
    await sql.query(insertSql(options.table), values);
    const { rows } = await sql.query<Row>(lockSql(options.table), values);
    const [row] = rows;
    if (row !== undefined) return { status: row.status, doReply: row.do_reply, undoReply: row.undo_reply };
  }
}
