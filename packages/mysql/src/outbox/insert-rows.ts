import type { ClaimedRow, DeliverAfter, NewOutboxRow } from '@backstitch/outbox';
import { refuseTwins } from '@backstitch/outbox/port';
import { serverErrorNumber } from '../classify-mysql-error.js';
import type { MysqlSql } from '../mysql-database.js';
import { bornRows, type Replaced } from './born-rows.js';
import { insertChunks } from './insert-chunks.js';
import { idList, numberList } from './literal.js';
import { requireStorable } from './require-storable.js';

export interface InsertRowsOptions {
  readonly table: string;
  readonly bornLeaseMs: number | undefined;
  readonly monotonicNowMs: () => number;
}

/** What is kept of a row that is revived. */
interface Kept extends Replaced {
  readonly claim_epoch: number;
  readonly may_be_sent: number;
  readonly created_at: string;
}

const duplicateKey = 1062;

// A millisecond more than a delay: the clock's reading is cut to whole ones, and early is worse than late.
const oneRow = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, timestampadd(microsecond, ?, utc_timestamp(3))),
  timestampadd(microsecond, ?, utc_timestamp(3)), ?, ?, coalesce(?, utc_timestamp(3)))`;

const insertSql = (table: string, count: number): string => `
insert into ${table} (id, aggregate_type, aggregate_id, event_type, payload, headers, topic, \`key\`, ordered, max_retries, deliver_after,
  claimed_until, claim_epoch, in_doubt, created_at)
values ${Array.from({ length: count }, () => oneRow).join(', ')}`;

/**
 * Inserts or revives all rows, in the order given: a statement of several rows draws its places in the order of its values. Answers them as
 * claimed rows where they are born under a lease, otherwise nothing.
 */
export async function insertRows(
  sql: MysqlSql,
  rows: readonly NewOutboxRow[],
  options: InsertRowsOptions,
): Promise<readonly ClaimedRow[]> {
  if (rows.length === 0) return [];
  refuseTwins(rows);
  requireStorable(rows);
  // Before the statement: the database's lease begins later than this, so that ours ends earlier. One millisecond is lost to rounding.
  const leaseEndsAtMs = options.monotonicNowMs() + (options.bornLeaseMs ?? 0) - 1;
  const replaced: Kept[] = [];
  for (const chunk of insertChunks(rows)) replaced.push(...(await insertOrRevive(sql, chunk, options)));
  if (options.bornLeaseMs === undefined) return [];
  return bornRows(sql, rows, { table: options.table, leaseEndsAtMs, replaced });
}

/**
 * An id that is new is the rule, so the rows are inserted first. Rejected: to look first, which under REPEATABLE READ locks the gap that all
 * new ids go to, and two such transactions deadlock; and `on duplicate key update`, which has no new place in the order to give.
 */
async function insertOrRevive(
  sql: MysqlSql,
  rows: readonly NewOutboxRow[],
  { table, bornLeaseMs }: InsertRowsOptions,
): Promise<readonly Kept[]> {
  const insert = async (kept: ReadonlyMap<string, Kept>): Promise<void> => {
    const values = rows.flatMap((row) => rowValues(row, bornLeaseMs, kept.get(row.id.toLowerCase())));
    await sql.query(insertSql(table, rows.length), values);
  };
  try {
    await insert(new Map());
    return [];
  } catch (error) {
    // The statement alone is undone by this error, not the transaction.
    if (serverErrorNumber(error) !== duplicateKey) throw error;
    const kept = await takeOut(sql, rows, table);
    await insert(new Map(kept.map((row) => [row.id, row])));
    return kept;
  }
}

/** Deletes the rows that exist: inserted again they have a new place. */
async function takeOut(sql: MysqlSql, rows: readonly NewOutboxRow[], table: string): Promise<readonly Kept[]> {
  const { rows: kept } = await sql.query<Kept>(
    `select id, seq, lower(hex(lane)) as lane, claim_epoch, in_doubt or status = 'SENT' or claimed_until is not null as may_be_sent, cast(created_at as char) as created_at
       from ${table} where id in (${idList(rows.map(({ id }) => id))}) for update`,
  );
  if (kept.length > 0) await sql.query(`delete from ${table} where seq in (${numberList(kept.map(({ seq }) => seq))})`);
  return kept;
}

function rowValues(row: NewOutboxRow, bornLeaseMs: number | undefined, kept: Kept | undefined): (string | null)[] {
  const { deliverAfter } = row;
  // A delayed row is nobody's yet: it waits in the table.
  const leaseMs = deliverAfter === undefined ? bornLeaseMs : undefined;
  const epoch = kept === undefined ? (bornLeaseMs === undefined ? 0 : 1) : kept.claim_epoch + 1;
  return [
    row.id.toLowerCase(),
    row.aggregateType,
    row.aggregateId,
    row.eventType,
    row.payload,
    JSON.stringify(row.headers),
    row.topic,
    row.key,
    row.ordered ? '1' : '0',
    String(row.maxRetries ?? 3),
    deliverAfter instanceof Date ? utcText(deliverAfter) : null,
    relativeMicroseconds(deliverAfter),
    leaseMs === undefined ? null : String(Math.floor(leaseMs) * 1_000),
    String(epoch),
    String(kept?.may_be_sent ?? 0),
    kept?.created_at ?? null,
  ];
}

function relativeMicroseconds(deliverAfter: DeliverAfter | undefined): string | null {
  if (deliverAfter === undefined || deliverAfter instanceof Date) return null;
  return String((Math.ceil(deliverAfter.ms) + 1) * 1_000);
}

/** `2026-01-31 12:00:00.000`, of UTC. */
function utcText(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '');
}
