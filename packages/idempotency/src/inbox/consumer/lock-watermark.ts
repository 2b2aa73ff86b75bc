import type { Sql } from '@backstitch/postgres';
import type { ConsumedPartition, InboxTables } from './inbox-tables.js';

/**
 * Takes the partition for this transaction. A member that lost the partition may still be at work when the next one begins; and an operator may
 * redrive: only one of them goes on at a time, or two messages of one key could pass each other.
 */
export async function lockWatermark(sql: Sql, tables: InboxTables, at: ConsumedPartition): Promise<void> {
  const values = [at.consumer, at.topic, at.partition];
  await sql.query(
    `insert into ${tables.watermarks} (consumer, topic, partition) values ($1, $2, $3) on conflict do nothing`,
    values,
  );
  await sql.query(
    `select from ${tables.watermarks} where consumer = $1 and topic = $2 and partition = $3 for update`,
    values,
  );
}
