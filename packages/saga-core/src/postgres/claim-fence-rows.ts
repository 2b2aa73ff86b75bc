import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { FenceKey, FenceRow, FenceStatus } from '../participant/fence-store.js';
import { fenceRow } from './claim-fence-row.js';
import { nowMs } from './database-time.js';
import { fenceKeyValues } from './fence-key.js';

// Locked in one order for everybody: two batches that share rows would deadlock otherwise. The clock's row is there also where no other is.
const claimSql = (table: string): string => `
with found as (
  select g.place, f.status, f.do_reply, f.undo_reply, f.pending
    from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1)::integer[], string_to_array($5, $1)::integer[])
         with ordinality as g (saga_id, step, item, round, place)
    join ${table} f on f.saga_id = g.saga_id and f.step = g.step and f.item = g.item and f.round = g.round
   order by f.saga_id, f.step, f.item, f.round for update of f
)
select ${nowMs} as now, found.place::integer, found.status, found.do_reply, found.undo_reply, found.pending from (select) one left join found on true`;

interface Row {
  readonly now: number;
  /** From 1. */
  readonly place: number | null;
  readonly status: FenceStatus;
  readonly do_reply: string | null;
  readonly undo_reply: string | null;
  readonly pending: string | null;
}

export interface ClaimedFenceRows {
  /** In the order given; undefined where there is none. */
  readonly rows: readonly (FenceRow | undefined)[];
  /** The database's time. */
  readonly now: number;
}

/**
 * Locks the rows that are there. Of those that are not nothing is held, neither a row nor an advisory lock: hundreds of them for each batch would fill the server's lock table.
 * Only two processes that both believe to own a partition can meet there, and the insert finds it.
 */
export async function claimFenceRows(
  sql: Sql,
  keys: readonly FenceKey[],
  { table }: { readonly table: string },
): Promise<ClaimedFenceRows> {
  const values = keys.map(fenceKeyValues);
  const { separator, columns } = delimitedColumns([
    values.map(([sagaId]) => sagaId),
    values.map(([, step]) => step),
    values.map(([, , item]) => String(item)),
    values.map(([, , , round]) => String(round)),
  ]);
  const { rows } = await sql.query<Row>(claimSql(table), [separator, ...columns]);
  const byPlace = new Map(rows.flatMap((row) => (row.place === null ? [] : [[row.place, fenceRow(row)] as const])));
  return { rows: keys.map((_, at) => byPlace.get(at + 1)), now: rows[0]?.now ?? Number.NaN };
}
