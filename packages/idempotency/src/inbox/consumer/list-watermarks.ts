import type { Sql } from '@backstitch/postgres';
import type { InboxTables } from './inbox-tables.js';

/** How far a consumer has got in one partition. */
export interface Watermark {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is not settled yet; every one below is handled, a duplicate, or a dead letter. A decimal number. */
  readonly nextOffset: string;
  /** Messages whose work ran. With `duplicates` and `deadLetters` a count since the consumer began; decimal numbers. */
  readonly handled: string;
  readonly duplicates: string;
  readonly deadLetters: string;
  /** When the last settled record was written, by the broker's or the producer's clock. */
  readonly lastRecordAt: Date | null;
  readonly updatedAt: Date;
}

export async function listWatermarks(sql: Sql, tables: InboxTables, consumer: string): Promise<readonly Watermark[]> {
  const { rows } = await sql.query<Watermark>(
    `select topic, partition, next_offset as "nextOffset", handled, duplicates, dead_letters as "deadLetters",
       last_record_at as "lastRecordAt", updated_at as "updatedAt"
     from ${tables.watermarks} where consumer = $1 order by topic, partition`,
    [consumer],
  );
  return rows;
}
