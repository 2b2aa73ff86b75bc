import type { Sql } from '@backstitch/postgres';
import type { MessageId } from './message-id.js';

export interface MessageRow {
  readonly outcome: 'processing' | 'processed';
  readonly reply: string | null;
}

export async function readMessage(sql: Sql, id: MessageId): Promise<MessageRow | undefined> {
  const { rows } = await sql.query<MessageRow>(
    `select outcome, reply from ${id.table} where consumer = $1 and message_key = $2`,
    [id.consumer, id.messageKey],
  );
  return rows[0];
}
