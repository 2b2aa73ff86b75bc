import type { ClaimedRow } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';
import { microseconds, numberList } from './literal.js';

/** A row that the look at the table found free; `lane` is null for an unordered one. */
export interface Claimable {
  readonly seq: number;
  readonly lane: string | null;
}

export interface TakenRow {
  readonly seq: number;
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  readonly payload: string;
  readonly headers: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly event_type: string;
  readonly ordered: number;
  /** Before it was taken. */
  readonly claim_epoch: number;
}

// A row that some transaction has locked is passed over, or one open transaction could stop the whole relay. The conditions are asked again:
// the look before this one locked nothing.
const lockSql = (table: string, seqs: string): string => `
select seq, id, topic, \`key\`, payload, headers, aggregate_type, aggregate_id, event_type, ordered, claim_epoch
  from ${table} force index (primary)
 where seq in (${seqs}) and unsent = 1 and (claimed_until is null or claimed_until <= utc_timestamp(3))
 order by seq for update skip locked`;

// From left to right, and by the standard's rule (MariaDB's SIMULTANEOUS_ASSIGNMENT) with the values before: \`in_doubt\` is first, so that
// both come to the same.
const takeSql = (table: string, seqs: string, leaseMs: number): string => `
update ${table} force index (primary)
   set in_doubt = (in_doubt or claimed_until is not null), claim_epoch = claim_epoch + 1,
       claimed_until = timestampadd(microsecond, ${microseconds(leaseMs)}, utc_timestamp(3))
 where seq in (${seqs})`;

/** Takes those of the rows that can be locked, of each lane up to the first that cannot. */
export async function claimRows(
  sql: MysqlSql,
  claimable: readonly Claimable[],
  { table, leaseMs }: { readonly table: string; readonly leaseMs: number },
): Promise<readonly TakenRow[]> {
  if (claimable.length === 0) return [];
  const { rows } = await sql.query<TakenRow>(lockSql(table, numberList(claimable.map(({ seq }) => seq))));
  const granted = grant(claimable, rows);
  if (granted.length > 0) await sql.query(takeSql(table, numberList(granted.map(({ seq }) => seq)), leaseMs));
  return granted;
}

/** What is behind a row that somebody has locked would overtake it. */
function grant(claimable: readonly Claimable[], locked: readonly TakenRow[]): readonly TakenRow[] {
  const bySeq = new Map(locked.map((row) => [row.seq, row]));
  const blocked = new Set<string>();
  return claimable.flatMap(({ seq, lane }) => {
    const row = bySeq.get(seq);
    if (row !== undefined && (lane === null || !blocked.has(lane))) return [row];
    if (lane !== null) blocked.add(lane);
    return [];
  });
}

export function claimedRows(taken: readonly TakenRow[], leaseEndsAtMs: number): readonly ClaimedRow[] {
  return taken.map((row) => ({
    id: row.id,
    seq: Number(row.seq),
    epoch: row.claim_epoch + 1,
    topic: row.topic,
    key: row.key,
    payload: row.payload,
    headers: JSON.parse(row.headers) as Record<string, string>,
    aggregateType: row.aggregate_type,
    aggregateId: row.aggregate_id,
    eventType: row.event_type,
    ordered: row.ordered !== 0,
    leaseEndsAtMs,
    behind: null,
  }));
}
