import type { Sql } from '@backstitch/postgres';
import type { FenceKey, FenceRow, FenceStatus } from '../participant/fence-store.js';
import { nowMs } from './database-time.js';
import { fenceKeyValues } from './fence-key.js';

const columns = 'status, do_reply, undo_reply, pending';

const lockSql = (table: string): string => `
select ${columns} from ${table} where saga_id = $1 and step = $2 and item = $3 and round = $4 for update`;

// The row's lock where it is there; where it is not, a lock on its name, which costs neither a row nor a line of the log.
const claimSql = (table: string): string => `
with asked as materialized (
  select pg_try_advisory_xact_lock(hashtextextended($5, 0)) as free, ${nowMs} as now
), found as (${lockSql(table)})
select asked.free, asked.now, found.* from asked left join found on true`;

const waitSql = 'select pg_advisory_xact_lock(hashtextextended($1, 0))';

interface Row {
  readonly status: FenceStatus;
  readonly do_reply: string | null;
  readonly undo_reply: string | null;
  readonly pending: string | null;
}

interface ClaimRow extends Omit<Row, 'status'> {
  readonly free: boolean;
  readonly now: number;
  readonly status: FenceStatus | null;
}

export interface ClaimedFenceRow {
  /** Undefined: there is none, and nobody else can claim it until this transaction ends. */
  readonly row: FenceRow | undefined;
  /** The database's time. */
  readonly now: number;
}

/**
 * Locks the row, or its name where there is none. The statement's snapshot is older than the lock that it took: a rival may have come and gone between
 * the two. Whoever inserts the row then meets the rival's, so that this is a conflict and never a second effect.
 *
 * Where somebody else has the name, he is waited for, and what he left is looked for by a second statement, whose snapshot shows it.
 */
export async function claimFenceRow(
  sql: Sql,
  key: FenceKey,
  { table }: { readonly table: string },
): Promise<ClaimedFenceRow> {
  const values = fenceKeyValues(key);
  const name = `backstitch.fence:${table}:${JSON.stringify(values)}`;
  const claim = async (): Promise<ClaimRow> => {
    const { rows } = await sql.query<ClaimRow>(claimSql(table), [...values, name]);
    const [claimed] = rows;
    if (claimed === undefined) throw new Error('A claim of the fence answered no row.');
    return claimed;
  };
  let claimed = await claim();
  if (!claimed.free && claimed.status === null) {
    await sql.query(waitSql, [name]);
    claimed = await claim();
  }
  const { status, now } = claimed;
  return { row: status === null ? undefined : fenceRow({ ...claimed, status }), now };
}

/** Locks the row that is there; makes none. */
export async function findFenceRow(
  sql: Sql,
  key: FenceKey,
  { table }: { readonly table: string },
): Promise<FenceRow | undefined> {
  const { rows } = await sql.query<Row>(lockSql(table), fenceKeyValues(key));
  const [row] = rows;
  return row === undefined ? undefined : fenceRow(row);
}

export function fenceRow({ status, do_reply: doReply, undo_reply: undoReply, pending }: Row): FenceRow {
  return { status, doReply, undoReply, ...(pending === null ? {} : { pending }) };
}
