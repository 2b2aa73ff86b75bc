import type { Sql } from '@backstitch/postgres';

/** This moment in whole milliseconds, rounded down: a time that was rounded up would let a deadline be reached early. */
export const nowMs = 'floor(extract(epoch from clock_timestamp()) * 1000)::float8';

/** This moment as a value for `timestamptz(3)`, which would round to the nearest by itself. */
export const nowTime = `date_trunc('milliseconds', clock_timestamp())`;

/** A column of `timestamptz(3)` in milliseconds; exact, a double holds them. */
export function columnMs(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::float8`;
}

/** A text of milliseconds as a time; the empty text is null. */
export function timeOf(text: string): string {
  return `to_timestamp(nullif(${text}, '')::float8 / 1000)`;
}

export async function readNow(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ now: number }>(`select ${nowMs} as now`);
  const now = rows[0]?.now;
  if (now === undefined) throw new Error('A select without a table answered no row.');
  return now;
}
