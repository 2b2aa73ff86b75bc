import type { Sql } from '@backstitch/postgres';
import type { InboxTables } from './inbox-tables.js';
import type { ConsumedRecord } from './record-transport.js';

export interface NewDeadLetter {
  readonly consumer: string;
  readonly messageKey: string;
  readonly record: ConsumedRecord;
  /** `quarantined`: nobody can read it. `failed`: the handler threw, attempt after attempt. `held`: one before it with its key is open. */
  readonly status: 'quarantined' | 'failed' | 'held';
  readonly code: string;
  readonly error: string | null;
  readonly attempts: number;
}

/** Once per message: a redelivery finds it. */
export async function insertDeadLetter(sql: Sql, tables: InboxTables, letter: NewDeadLetter): Promise<void> {
  const { record } = letter;
  await sql.query(
    `insert into ${tables.deadLetters}
       (consumer, message_key, topic, partition, record_offset, record_key, record_value, record_headers, record_at, status, code, error, attempts)
     values ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::double precision / 1000), $10, $11, $12, $13)
     on conflict (consumer, message_key) do nothing`,
    [
      letter.consumer,
      letter.messageKey,
      record.topic,
      record.partition,
      record.offset,
      storedText(record.key),
      storedText(record.value),
      JSON.stringify(record.headers),
      record.timestampMs,
      letter.status,
      letter.code,
      letter.error,
      letter.attempts,
    ],
  );
}

/** As JSON text: NUL and lone surrogates become escapes. */
export function storedText(text: string | null): string | null {
  return text === null ? null : JSON.stringify(text);
}
