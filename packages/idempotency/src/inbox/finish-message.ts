import type { Sql } from '@backstitch/postgres';
import type { MessageId } from './message-id.js';

export async function finishMessage(sql: Sql, id: MessageId, reply: string | null): Promise<void> {
  await sql.query(
    `update ${id.table} set outcome = 'processed', reply = $3, processed_at = clock_timestamp()
     where consumer = $1 and message_key = $2`,
    [id.consumer, id.messageKey, reply],
  );
}
