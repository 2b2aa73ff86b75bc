import { delimitedColumns } from '@backstitch/postgres';
import type { BesideInsert } from '@backstitch/outbox';
import type { FenceKey, FenceRow } from '../participant/fence-store.js';
import { nowTime } from './database-time.js';
import { fenceKeyValues } from './fence-key.js';

export interface SettledFence {
  readonly key: FenceKey;
  readonly row: FenceRow;
  /** It was there when it was claimed. */
  readonly isStored: boolean;
}

/**
 * The writing of settled rows, as part of the statement that inserts their replies. A row that was not there is inserted without a word about conflicts: where a rival
 * has made it meanwhile, 23505 on `saga_fence_pkey` ends the transaction, which does it again and finds the rival's answer.
 */
export function recordFenceRows(settled: readonly SettledFence[], { table }: { readonly table: string }): BesideInsert {
  const [only] = settled;
  if (only !== undefined && settled.length === 1) return recordOne(only, table);
  const keys = settled.map(({ key }) => fenceKeyValues(key));
  const { separator, columns } = delimitedColumns([
    keys.map(([sagaId]) => sagaId),
    keys.map(([, step]) => step),
    keys.map(([, , item]) => String(item)),
    keys.map(([, , , round]) => String(round)),
    settled.map(({ row }) => row.status),
    settled.map(({ row }) => optional(row.doReply)),
    settled.map(({ row }) => optional(row.undoReply)),
    settled.map(({ row }) => optional(row.pending)),
    settled.map(({ isStored }) => (isStored ? 't' : 'f')),
  ]);
  return { values: [separator, ...columns], text: (first) => recordSql(table, first) };
}

/** The most frequent case: what the statement for many costs is mostly its planning. */
function recordOne({ key, row, isStored }: SettledFence, table: string): BesideInsert {
  const { status, doReply, undoReply, pending = null } = row;
  const values = [...fenceKeyValues(key), status, doReply, undoReply, pending];
  return { values, text: (first) => (isStored ? updateOneSql(table, first) : insertOneSql(table, first)) };
}

const settledAt = (status: string): string => `case when ${status} <> 'fresh' then ${nowTime} end`;

const updateOneSql = (table: string, first: number): string => `
fence_settled as (
  update ${table} set status = $${first + 4}, do_reply = $${first + 5}, undo_reply = $${first + 6}, pending = $${first + 7},
         settled_at = ${settledAt(`$${first + 4}`)}
   where saga_id = $${first} and step = $${first + 1} and item = $${first + 2} and round = $${first + 3}
)`;

const insertOneSql = (table: string, first: number): string => `
fence_made as (
  insert into ${table} (saga_id, step, item, round, status, do_reply, undo_reply, pending, settled_at)
  values ($${first}, $${first + 1}, $${first + 2}, $${first + 3}, $${first + 4}, $${first + 5}, $${first + 6}, $${first + 7},
          ${settledAt(`$${first + 4}`)})
)`;

/** An empty text is no value: a single one would be split to an array of none. */
function optional(text: string | null | undefined): string {
  return text === null || text === undefined ? '-' : `+${text}`;
}

const recordSql = (table: string, first: number): string => {
  const column = (at: number): string => `string_to_array($${first + at}, $${first})`;
  const text = (name: string): string => `case when left(${name}, 1) = '+' then substr(${name}, 2) end`;
  return `
fence_given as materialized (
  select saga_id, step, item::integer, round::integer, status, ${text('do_reply')} as do_reply, ${text('undo_reply')} as undo_reply,
         ${text('pending')} as pending, ${settledAt('status')} as settled_at, is_stored::boolean
    from unnest(${[1, 2, 3, 4, 5, 6, 7, 8, 9].map(column).join(', ')})
         as g (saga_id, step, item, round, status, do_reply, undo_reply, pending, is_stored)
),
fence_settled as (
  update ${table} f set status = g.status, do_reply = g.do_reply, undo_reply = g.undo_reply, pending = g.pending, settled_at = g.settled_at
    from fence_given g
   where g.is_stored and f.saga_id = g.saga_id and f.step = g.step and f.item = g.item and f.round = g.round
),
fence_made as (
  insert into ${table} (saga_id, step, item, round, status, do_reply, undo_reply, pending, settled_at)
  select saga_id, step, item, round, status, do_reply, undo_reply, pending, settled_at
    from fence_given where not is_stored order by saga_id, step, item, round
)`;
};
