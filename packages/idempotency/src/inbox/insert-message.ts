import type { Sql } from '@backstitch/postgres';
import type { MessageId } from './message-id.js';

/** True where this message is new to the consumer. Waits for a rival's open transaction. */
export async function insertMessage(sql: Sql, id: MessageId): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into ${id.table} (consumer, message_key, outcome) values ($1, $2, 'processing')
     on conflict (consumer, message_key) do nothing`,
    [id.consumer, id.messageKey],
  );
  return rowCount === 1;
}
