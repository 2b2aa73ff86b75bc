import { OutboxError } from '@backstitch/outbox';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

// What has no character that could end a literal stands in the text: any number of ids and numbers, and no statement to prepare for each
// length of a list.

/** `'…', '…'`, in lower case. Never empty. Throws OPTIONS_INVALID for what is no UUID. */
export function idList(ids: readonly string[]): string {
  return ids.map((id) => `'${requireUuid(id, 'OPTIONS_INVALID')}'`).join(', ');
}

export function requireUuid(id: unknown, code: 'OPTIONS_INVALID' | 'EVENT_INVALID'): string {
  if (typeof id === 'string' && uuid.test(id)) return id.toLowerCase();
  throw new OutboxError(code, 'id is no UUID.', {
    fields: { field: 'id', found: id },
    hint: 'Give the id of an outbox row, such as 0198c2f4-6c3e-7a51-8f0e-5d2b9a1c7e34.',
  });
}

/** `1, 2, 3`. Never empty. */
export function numberList(numbers: readonly number[]): string {
  return numbers.map(wholeNumber).join(', ');
}

export function wholeNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  throw new OutboxError('OPTIONS_INVALID', `${String(value)} is no whole number.`, {
    fields: { field: 'limit', found: value },
    hint: 'Give a whole number.',
  });
}

/** Milliseconds as microseconds, which `timestampadd` counts in. A part of a millisecond is left out: the columns have none. */
export function microseconds(ms: number): string {
  return wholeNumber(Math.floor(ms) * 1_000);
}

/** Any text: hexadecimal, so that neither `sql_mode` nor the connection's character set has a say. */
export function textLiteral(text: string): string {
  return `_utf8mb4 x'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

/** Milliseconds since 1970 of a column: as a number, no driver and no time zone has a say. */
export function epochMs(column: string): string {
  return `timestampdiff(microsecond, timestamp '1970-01-01 00:00:00', ${column}) div 1000`;
}
