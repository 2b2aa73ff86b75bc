import type { MysqlSql } from '../mysql-database.js';
import type { Claimable } from './claim-rows.js';
import { textLiteral, wholeNumber } from './literal.js';

export interface FindNextOptions {
  readonly table: string;
  readonly limit: number;
  readonly heldRows?: number | undefined;
  readonly rooms?: Readonly<Record<string, number>> | undefined;
}

interface Scanned {
  readonly seq: number;
  readonly lane: string | null;
  readonly free: number;
  readonly scanned: number;
}

// Lanes stand still for two reasons. A row that FAILED or waits for its retry is found by a small index of its own. A row that somebody holds
// comes before its followers in this same ordered look, so that a window function sees it. Rejected: `not exists (any earlier blocked row
// of the lane)` for each row; in a long lane it is quadratic. Where topics have room for a number of rows, the first of each are taken.
// The first row is answered even where it is not free: with it comes the number of rows looked at. `utc_timestamp` is one instant for the
// whole statement. The index is forced because a queue's statistics are always old.
export const findNextSql = (
  table: string,
  { limit, window, rooms = {} }: { readonly limit: number; readonly window: number } & Pick<FindNextOptions, 'rooms'>,
): string => `
with scanned as (
  select e.seq, e.topic, e.lane, (e.claimed_until is not null and e.claimed_until > utc_timestamp(3)) as held
    from ${table} e force index (outbox_events_unsent)
   where e.unsent = 1 and (e.next_retry_at is null or e.next_retry_at <= utc_timestamp(3))${notOf(rooms)}
     and not exists (
       select 1 from ${table} b force index (outbox_events_stuck)
        where b.stuck = e.lane and b.seq < e.seq and (b.status = 'FAILED' or b.next_retry_at > utc_timestamp(3)))
   order by e.unsent, e.seq limit ${wholeNumber(window)}
),
placed as (
  select seq, topic, lane, count(*) over () as scanned, row_number() over (order by seq) as place,
         (not held and (lane is null or not max(held) over (partition by lane order by seq))) as free
    from scanned
)
select seq, lower(hex(lane)) as lane, free, scanned from (
  select seq, lane, place, scanned, free and ${withinRooms(rooms)} as free from placed
) f
 where free or place = 1 order by seq limit ${wholeNumber(limit + 1)}`;

function notOf(rooms: Readonly<Record<string, number>>): string {
  const full = Object.keys(rooms).filter((topic) => rooms[topic] === 0);
  return full.length === 0 ? '' : ` and e.topic not in (${full.map(textLiteral).join(', ')})`;
}

function withinRooms(rooms: Readonly<Record<string, number>>): string {
  const cases = Object.entries(rooms).map(([topic, room]) => `when ${textLiteral(topic)} then ${wholeNumber(room)}`);
  if (cases.length === 0) return 'true';
  return `row_number() over (partition by topic, free order by seq) <= coalesce(case topic ${cases.join(' ')} end, ${Number.MAX_SAFE_INTEGER})`;
}

/**
 * Rows looked at beyond those held by the caller, for each row wanted: other relays' leases may fill the front of the table. Bounded, because
 * in one long lane every look between a claim and its settlement finds nothing; what is behind more held rows than this waits until they are
 * settled or their leases end.
 */
const firstLook = 2;
const widerLook = 20;

/** The next rows in the table's order that may be taken. The caller has the turn. */
export async function findNextRows(
  sql: MysqlSql,
  { table, limit, heldRows = 0, rooms }: FindNextOptions,
): Promise<readonly Claimable[]> {
  const look = async (window: number): Promise<{ readonly found: readonly Claimable[]; readonly scanned: number }> => {
    const { rows } = await sql.query<Scanned>(findNextSql(table, { limit, window, rooms }));
    const found = rows.filter(({ free }) => Number(free) === 1).slice(0, limit);
    return { found, scanned: Number(rows[0]?.scanned ?? 0) };
  };
  const window = limit * firstLook + heldRows;
  const first = await look(window);
  if (first.found.length > 0 || first.scanned < window) return first.found;
  return (await look(limit * widerLook + heldRows)).found;
}
