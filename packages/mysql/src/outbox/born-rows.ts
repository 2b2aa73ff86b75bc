import { createHash } from 'node:crypto';
import type { ClaimedRow, NewOutboxRow } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';
import { idList, wholeNumber } from './literal.js';

interface Place {
  readonly id: string;
  readonly seq: number;
  readonly claim_epoch: number;
}

/** A row that was taken out to be inserted again, and where it stood; `lane` is null where it stood in nobody's way. */
export interface Replaced {
  readonly id: string;
  readonly seq: number;
  readonly lane: string | null;
}

interface BornRowsOptions {
  readonly table: string;
  readonly leaseEndsAtMs: number;
  readonly replaced: readonly Replaced[];
}

/** The digest by which the table knows a lane: what its generated column says. */
export function laneDigest({ topic, key }: { readonly topic: string; readonly key: string }): string {
  return createHash('sha256').update(`${topic}\n${key}`).digest('hex');
}

/**
 * The rows that were just inserted under a lease, as claimed rows. What they stand behind is read as it is committed now: the library's own
 * transactions are READ COMMITTED. In one of REPEATABLE READ that had read before, a lane's last row may be missed.
 */
export async function bornRows(
  sql: MysqlSql,
  rows: readonly NewOutboxRow[],
  { table, leaseEndsAtMs, replaced }: BornRowsOptions,
): Promise<readonly ClaimedRow[]> {
  // A delayed row is nobody's yet: it waits in the table.
  const born = rows.filter(({ deliverAfter }) => deliverAfter === undefined);
  if (born.length === 0) return [];
  const ids = idList(born.map(({ id }) => id));
  const { rows: places } = await sql.query<Place>(`select id, seq, claim_epoch from ${table} where id in (${ids})`);
  const byId = new Map(places.map((place) => [place.id, place]));
  const before = [...(await nearestBefore(sql, born, { table, byId })), ...replaced];
  return born.flatMap(({ maxRetries: _, deliverAfter: __, ...content }) => {
    const place = byId.get(content.id.toLowerCase());
    if (place === undefined) return [];
    return [
      {
        ...{ ...content, id: place.id, seq: Number(place.seq), epoch: place.claim_epoch, leaseEndsAtMs },
        behind: content.ordered ? lastOf(before, { lane: laneDigest(content), but: place.id }) : null,
      },
    ];
  });
}

function lastOf(
  before: readonly Replaced[],
  { lane, but }: { readonly lane: string; readonly but: string },
): string | null {
  const others = before.filter((row) => row.lane === lane && row.id !== but);
  return (
    others.reduce<Replaced | null>((last, row) => (last === null || row.seq > last.seq ? row : last), null)?.id ?? null
  );
}

/** For each lane the last unsent row before the first of ours. */
async function nearestBefore(
  sql: MysqlSql,
  rows: readonly NewOutboxRow[],
  { table, byId }: { readonly table: string; readonly byId: ReadonlyMap<string, Place> },
): Promise<readonly Replaced[]> {
  const firsts = new Map<string, number>();
  for (const row of rows.filter(({ ordered }) => ordered)) {
    const seq = Number(byId.get(row.id.toLowerCase())?.seq ?? 0);
    const lane = laneDigest(row);
    firsts.set(lane, Math.min(firsts.get(lane) ?? seq, seq));
  }
  if (firsts.size === 0) return [];
  const looks = [...firsts].map(
    ([lane, seq]) =>
      `(select id, seq, lower(hex(lane)) as lane from ${table} force index (outbox_events_lane)
         where lane = x'${lane}' and seq < ${wholeNumber(seq)} order by seq desc limit 1)`,
  );
  return (await sql.query<Replaced>(looks.join('\nunion all '))).rows;
}
