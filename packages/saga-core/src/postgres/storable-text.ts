import { foundText } from '@backstitch/messaging';
import { SagaError, type SagaErrorCode } from '../errors.js';

const unstorable = /\0|\p{Surrogate}/u;

/** The text as Postgres can hold it: NUL and lone surrogates become U+FFFD, and what is longer than `maxBytes` of UTF-8 is cut. */
export function storableText(text: string, maxBytes: number): string {
  const whole = Buffer.from(text.slice(0, maxBytes)).toString().replaceAll('\0', '\ufffd');
  if (Buffer.byteLength(whole) <= maxBytes) return whole;
  // Cut between characters: a decoder would put a longer replacement where one was cut in two.
  const bytes = Buffer.from(whole);
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

export interface TextDemand {
  readonly code: SagaErrorCode;
  /** Names the text in the error. */
  readonly field: string;
  readonly maxLength: number;
}

/** Refuses, before any SQL, a text that Postgres would refuse in the middle of a transaction. Throws the given code. */
export function requireStorable(text: string, { code, field, maxLength }: TextDemand): string {
  const length = text.length;
  if (length > 0 && length <= maxLength && !unstorable.test(text)) return text;
  throw new SagaError(code, `${field} must have 1 to ${maxLength} characters, without NUL and lone surrogates.`, {
    fields: { field, length, ...(length > maxLength ? {} : { found: foundText(text) }) },
    hint: 'Use an id of your own domain, such as an order number.',
  });
}
