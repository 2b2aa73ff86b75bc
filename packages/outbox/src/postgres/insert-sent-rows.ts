import { delimitedColumns, type Sql } from '@backstitch/postgres';
import type { NewOutboxRow } from '../outbox-row.js';

// Born SENT: no claim can see them, they are in neither of the claim's indexes, and they age towards pruning from now on. What tells them
// apart from what a relay has sent is that they are *inserted* so, which is what the publication filters by. `order by` under the insert
// puts them into the write-ahead log in the order given.
const insertSql = (table: string): string => `
with given as (
  select id::uuid, coalesce(topic, '') as topic, coalesce(key, '') as key, payload, headers,
         coalesce(aggregate_type, '') as aggregate_type, coalesce(aggregate_id, '') as aggregate_id,
         coalesce(event_type, '') as event_type, ordered::boolean, event_specversion, event_source, event_version::integer, event_time, place
    from unnest(string_to_array($2, $1), string_to_array($3, $1), string_to_array($4, $1), string_to_array($5, $1),
                string_to_array($6, $1), string_to_array($7, $1), string_to_array($8, $1), string_to_array($9, $1),
                string_to_array($10, $1), string_to_array($11, $1), string_to_array($12, $1), string_to_array($13, $1),
                string_to_array($14, $1))
         with ordinality as g (id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered,
                               event_specversion, event_source, event_version, event_time, place)
),
clock as materialized (select clock_timestamp() as at)
insert into ${table}
  (id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered, event_specversion, event_source, event_version,
   event_time, status, created_at, sent_at)
select id, topic, key, payload, headers, aggregate_type, aggregate_id, event_type, ordered, event_specversion, event_source, event_version,
       event_time, 'SENT', clock.at, clock.at
  from given, clock order by place`;

/**
 * Inserts rows for a change-data-capture connector to publish. The headers are kept too, although the connector does not read them: they show
 * an operator what was sent, and a relay can send the row where the connector's slot was lost.
 */
export async function insertSentRows(
  sql: Sql,
  rows: readonly NewOutboxRow[],
  { table }: { readonly table: string },
): Promise<void> {
  if (rows.length === 0) return;
  const header = (name: string): readonly string[] => rows.map((row) => row.headers[name] ?? '');
  const { separator, columns } = delimitedColumns([
    rows.map((row) => row.id),
    rows.map((row) => row.topic),
    rows.map((row) => row.key),
    rows.map((row) => row.payload),
    rows.map((row) => JSON.stringify(row.headers)),
    rows.map((row) => row.aggregateType),
    rows.map((row) => row.aggregateId),
    rows.map((row) => row.eventType),
    rows.map((row) => (row.ordered ? 't' : 'f')),
    header('ce_specversion'),
    header('ce_source'),
    header('version'),
    header('ce_time'),
  ]);
  await sql.query(insertSql(table), [separator, ...columns]);
}
