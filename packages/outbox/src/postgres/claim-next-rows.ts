import type { Sql } from '@backstitch/postgres';
import { isBehindObstacle, mayBeClaimed } from './claim-conditions.js';
import { grantClaimsSql, type TakenRow } from './grant-claims.js';

export interface ClaimTables {
  readonly table: string;
  readonly releasesTable: string;
}

export interface ClaimNextOptions extends ClaimTables {
  readonly limit: number;
  readonly leaseMs: number;
  readonly heldRows?: number | undefined;
  readonly rooms?: Readonly<Record<string, number>> | undefined;
}

// One instant for the whole statement: with clock_timestamp() a retry could fall due between the look at it and the look from behind it,
// and the later row would overtake. Lanes stand still for two reasons. A row that FAILED or waits for its retry is found by a small index
// of its own. A row that somebody holds comes before its followers in this same ordered scan, so that a window function sees it.
// Rejected: `not exists (any earlier blocked row of the lane)` for each row; in a long lane it is quadratic.
// Where topics have room for a number of rows, the first of each are taken: a prefix in the table's order, and so of every lane.
// What comes back also says whether rows that are blocked for long stand at the front: they are to leave the index (`blockRows`).
export const claimNextSql = (
  { table, releasesTable }: ClaimTables,
  rooms: 'without rooms' | 'by rooms' = 'without rooms',
): string => `
with scanned as materialized (
  select e.ctid as tid, e.id, e.seq, e.topic, e.key, e.ordered, coalesce(e.claimed_until > statement_timestamp(), false) as held
    from ${table} e
   where ${mayBeClaimed}
     and (e.next_retry_at is null or e.next_retry_at <= statement_timestamp())
     ${rooms === 'by rooms' ? `and e.topic <> all (string_to_array($4, ','))` : ''}
     and not (e.ordered and exists (${isBehindObstacle(table, 'any')}))
     and not (e.ordered and (e.topic, e.key) in (select topic, key from ${releasesTable}) and exists (
       select from ${table} b
        where b.blocked and b.topic = e.topic and b.key = e.key and b.seq < e.seq and b.status <> 'SENT' and b.status <> 'PARKED'))
   order by e.seq limit $3
),
free as (
  select tid, id, seq, topic, key, ordered from (
    select s.*, bool_or(s.held and s.ordered) over (partition by s.topic, s.key order by s.seq) as behind_held from scanned s
  ) s
  where not held and not (ordered and behind_held)
),
claimable as materialized (
  ${rooms === 'by rooms' ? withinRooms : 'select * from free'} order by seq limit $2
),
${grantClaimsSql(table)}
select (select count(*)::integer from scanned) as scanned,
       exists (select from ${table} where ordered and status in ('RETRY', 'FAILED')) and exists (
         select from (select e.* from ${table} e where ${mayBeClaimed} order by e.seq limit ${rowsAtTheFront}) e
          where e.ordered and exists (${isBehindObstacle(table, 'long')})) as blocked,
       taken.*
  from (select) one left join taken on true`;

/** So few are looked at, at the front, because what cannot be sent comes to stand there by and by. */
const rowsAtTheFront = 200;

const withinRooms = `select tid, id, seq, topic, key, ordered from (
    select f.*, r.room, row_number() over (partition by f.topic order by f.seq) as place
      from free f left join unnest(string_to_array($5, ','), string_to_array($6, ',')::integer[]) as r (topic, room) on r.topic = f.topic
  ) f
  where room is null or place <= room`;

/**
 * Rows looked at beyond those held by the caller, for each row wanted: other relays' leases may fill the front of the table. Bounded, because
 * in one long lane every look between a claim and its settlement finds nothing; what is behind more held rows than this waits until they are
 * settled or their leases end.
 */
const firstLook = 2;
const widerLook = 20;

export interface ClaimedNext {
  readonly taken: readonly TakenRow[];
  /** Whether rows that are blocked for long stand at the front of the index. */
  readonly blocked: boolean;
}

/**
 * Claims the next rows in the table's order. The caller holds the lock that serialises claims, taken by an *earlier* statement: this one's
 * snapshot must show what the claim before has done.
 */
export async function claimNextRows(
  sql: Sql,
  { table, releasesTable, limit, leaseMs, heldRows = 0, rooms = {} }: ClaimNextOptions,
): Promise<ClaimedNext> {
  // Kafka's topics hold no commas.
  const topics = Object.keys(rooms);
  const full = topics.filter((topic) => rooms[topic] === 0);
  const room = topics.map((topic) => rooms[topic] ?? 0);
  const byRoom = topics.length === 0 ? [] : [full.join(','), topics.join(','), room.join(',')];
  const text = claimNextSql({ table, releasesTable }, topics.length === 0 ? 'without rooms' : 'by rooms');
  const look = async (window: number): Promise<ClaimedNext & { readonly more: boolean }> => {
    const values = [leaseMs, limit, window, ...byRoom];
    const { rows } = await sql.query<LookedAt>(text, values);
    const taken = rows.filter((row) => row.id !== null);
    const { scanned, blocked } = rows[0] ?? { scanned: 0, blocked: false };
    return { taken, blocked, more: taken.length < limit && scanned >= window };
  };
  const first = await look(limit * firstLook + heldRows);
  if (!first.more || first.taken.length > 0) return first;
  return look(limit * widerLook + heldRows);
}

interface LookedAt extends TakenRow {
  readonly scanned: number;
  readonly blocked: boolean;
}
