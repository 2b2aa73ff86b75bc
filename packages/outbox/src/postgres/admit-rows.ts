import type { Sql } from '@backstitch/postgres';

export interface AdmitTables {
  readonly table: string;
  readonly releasesTable: string;
}

// Of the claim's transaction, before its statement, whose snapshot then shows these rows as any other. With bounds, so that neither a million
// messages that fall due at midnight nor a long lane that goes on again makes one long transaction: the next claim takes the next ones.
// A lane's rows in their order, so that what is still blocked is behind what is not. The entry goes when no blocked row is left behind it; a
// row that somebody has locked keeps it.
export const admitSql = ({ table, releasesTable }: AdmitTables): string => `
with due as (
  update ${table} set deliver_after = null where ctid = any(array(
    select ctid from ${table} where deliver_after <= statement_timestamp() order by deliver_after limit 1000 for update skip locked))
),
entries as materialized (select id, topic, key from ${releasesTable} order by id limit 500),
lanes as materialized (select distinct topic, key from entries),
freed as (
  update ${table} set blocked = false where ctid = any(array(
    select b.tid from lanes l cross join lateral (
      select e.ctid as tid from ${table} e where e.blocked and e.topic = l.topic and e.key = l.key
       order by e.seq limit $1 for update skip locked
    ) b limit $1))
  returning id
)
delete from ${releasesTable} r where r.id in (select id from entries) and not exists (
  select from ${table} b where b.blocked and b.topic = r.topic and b.key = r.key and b.id not in (select id from freed))`;

const freedAtOnce = 5_000;

/** Delayed rows whose time has come, and rows of lanes that are no longer blocked, join those that may be claimed. */
export async function admitRows(sql: Sql, tables: AdmitTables): Promise<void> {
  await sql.query(admitSql(tables), [freedAtOnce]);
}
