import { createHash } from 'node:crypto';
import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import { storableText } from './storable-text.js';

const longestHeadBytes = 4_096;
const longestReasonBytes = 1_000;
const longestTopicBytes = 500;
/** Rows that are kept unless another number is given. */
export const defaultQuarantineRows = 10_000;

export interface QuarantineOptions {
  readonly table: string;
  /** How many of the newest are kept at most. */
  readonly rows: number;
}

const insertSql = (table: string): string => `
insert into ${table} (topic, partition, record_offset, reason, head, sha256)
select coalesce(topic, ''), partition::integer, coalesce(record_offset, ''), coalesce(reason, ''), coalesce(head, ''), sha256
  from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1), string_to_array($6, $1),
              string_to_array($7, $1)) with ordinality as g (topic, partition, record_offset, reason, head, sha256, place)
 order by place`;

// By the id and not by counting: ids of rolled back inserts are missing, so that some fewer are kept, and nothing is scanned.
const pruneSql = (table: string): string => `
delete from ${table} where id in (
  select id from ${table} where id <= (select max(id) from ${table}) - $1::bigint order by id for update skip locked)`;

/** Keeps records for a person to look at, and drops the oldest where there are too many. */
export async function insertQuarantine(
  sql: Sql,
  records: readonly QuarantinedRecord[],
  options: QuarantineOptions,
): Promise<void> {
  if (records.length === 0) return;
  const storable = records.map(storableRecord);
  const { separator, columns } = delimitedColumns([
    storable.map(({ topic }) => topic),
    storable.map(({ partition }) => String(partition)),
    storable.map(({ offset }) => offset),
    storable.map(({ reason }) => reason),
    storable.map(({ head }) => head),
    storable.map(({ head }) => createHash('sha256').update(head).digest('hex')),
  ]);
  await sql.query(insertSql(options.table), [separator, ...columns]);
  await sql.query(pruneSql(options.table), [options.rows]);
}

/** As it can be stored: what is quarantined is often what Postgres would refuse. */
export function storableRecord(record: QuarantinedRecord): QuarantinedRecord {
  return {
    topic: storableText(record.topic, longestTopicBytes),
    partition: record.partition,
    offset: storableText(record.offset, longestTopicBytes),
    reason: storableText(record.reason, longestReasonBytes),
    head: storableText(record.head, longestHeadBytes),
  };
}
