import type { Sql } from '@backstitch/postgres';
import type { ConsumedPartition, InboxTables } from './inbox-tables.js';

export interface Progress {
  /** Of the last record whose fate is settled; undefined where there was none. */
  readonly last: { readonly offset: string; readonly timestampMs: number } | undefined;
  readonly handled: number;
  readonly duplicates: number;
  readonly deadLetters: number;
}

/** Forward only: a redelivery begins behind what is done already. */
export async function moveWatermark(
  sql: Sql,
  tables: InboxTables,
  move: { readonly at: ConsumedPartition; readonly progress: Progress },
): Promise<void> {
  const { at, progress } = move;
  await sql.query(
    `update ${tables.watermarks}
     set next_offset = greatest(next_offset, $4::bigint + 1), handled = handled + $5, duplicates = duplicates + $6,
       dead_letters = dead_letters + $7, last_record_at = coalesce(to_timestamp($8::double precision / 1000), last_record_at),
       updated_at = clock_timestamp()
     where consumer = $1 and topic = $2 and partition = $3`,
    [
      at.consumer,
      at.topic,
      at.partition,
      progress.last?.offset ?? '-1',
      progress.handled,
      progress.duplicates,
      progress.deadLetters,
      progress.last?.timestampMs ?? null,
    ],
  );
}
