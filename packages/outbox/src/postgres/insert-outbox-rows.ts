import { delimitedColumns, type Sql } from '@backstitch/postgres';
import { insertManySql, insertOneSql, insertParameters } from './insert-statement.js';
import type { ClaimedRow, DeliverAfter, NewOutboxRow } from '../outbox-row.js';
import { refuseTwins } from '../refuse-twins.js';

export interface InsertOutboxRowsOptions {
  /** The quoted name of the table. */
  readonly table: string;
  readonly bornLeaseMs: number | undefined;
  readonly monotonicNowMs: () => number;
  readonly beside?: BesideInsert;
}

/** Writing of the caller's own in the same statement, and so in the same round trip: common table expressions, and their parameters. */
export interface BesideInsert {
  /** `name as (…), other as (…)`, where `first` is the number of the first of `values`. No name is `given`. */
  text(first: number): string;
  readonly values: readonly unknown[];
}

interface Inserted {
  readonly id: string;
  readonly seq: number;
  readonly epoch: number;
  readonly behind: string | null;
}

/** Inserts or revives all rows in one statement. Answers them as claimed rows where they are born under a lease, otherwise nothing. */
export async function insertOutboxRows(
  sql: Sql,
  rows: readonly NewOutboxRow[],
  options: InsertOutboxRowsOptions,
): Promise<readonly ClaimedRow[]> {
  if (rows.length === 0 && options.beside === undefined) return [];
  refuseTwins(rows);
  // Before the statement: the database's lease begins later than this, so that ours ends earlier. One millisecond is lost to rounding.
  const leaseEndsAtMs = options.monotonicNowMs() + (options.bornLeaseMs ?? 0) - 1;
  const { text, values } = insertStatement(rows, options);
  const inserted = await sql.query<Inserted>(text, values);
  if (options.bornLeaseMs === undefined) return [];
  const byId = new Map(inserted.rows.map((row) => [row.id, row]));
  return rows.flatMap((row) => {
    const place = byId.get(row.id.toLowerCase());
    // A delayed row is nobody's yet: it waits in the table.
    if (place === undefined || row.deliverAfter !== undefined) return [];
    const { maxRetries: _, deliverAfter: __, ...content } = row;
    return [
      { ...content, id: place.id, seq: Number(place.seq), epoch: place.epoch, leaseEndsAtMs, behind: place.behind },
    ];
  });
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

function insertStatement(rows: readonly NewOutboxRow[], options: InsertOutboxRowsOptions): Statement {
  const { table, beside, bornLeaseMs = null } = options;
  const [only] = rows;
  const isOne = only !== undefined && rows.length === 1;
  const first = insertParameters[isOne ? 'one' : 'many'] + 1;
  const about = { table, beside: beside === undefined ? '' : `${beside.text(first)}, ` };
  const besides = beside?.values ?? [];
  if (isOne) {
    const text = insertOneSql(about, only.ordered && bornLeaseMs !== null);
    return { text, values: [...fieldsOf(only), bornLeaseMs, ...besides] };
  }
  const fields = rows.map(fieldsOf);
  const { separator, columns } = delimitedColumns(columnNumbers.map((at) => fields.map((row) => row[at] ?? '')));
  return { text: insertManySql(about), values: [separator, ...columns, bornLeaseMs, ...besides] };
}

const columnNumbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

function fieldsOf(row: NewOutboxRow): readonly string[] {
  return [
    row.id,
    row.topic,
    row.key,
    row.payload,
    JSON.stringify(row.headers),
    row.aggregateType,
    row.aggregateId,
    row.eventType,
    row.ordered ? 't' : 'f',
    String(row.maxRetries ?? 3),
    deliverText(row.deliverAfter),
  ];
}

/** Never empty: a single empty string would be split to an array of none. */
function deliverText(deliverAfter: DeliverAfter | undefined): string {
  if (deliverAfter === undefined) return '-';
  return deliverAfter instanceof Date ? `@${deliverAfter.toISOString()}` : `+${deliverAfter.ms}`;
}
