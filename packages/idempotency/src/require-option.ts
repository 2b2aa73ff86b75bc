import { IdempotencyError } from './errors.js';

/** Postgres refuses index entries over a third of a page; two texts within these bounds fit, whatever their letters. */
const maxNameBytes = 1024;

/** A whole number of at least 1: milliseconds, rows. */
export function requirePositive(field: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new IdempotencyError('OPTION_INVALID', `${field} must be a whole number of at least 1.`, {
    fields: { field, value },
    hint: `Set ${field} to a positive whole number, or leave it out for the default.`,
  });
}

/** A scope, a key, a consumer: 1 to 1,024 bytes of UTF-8, no NUL. */
export function requireName(field: string, value: string): string {
  const bytes = typeof value === 'string' ? Buffer.byteLength(value, 'utf8') : 0;
  if (bytes >= 1 && bytes <= maxNameBytes && !value.includes('\0')) return value;
  throw new IdempotencyError('KEY_INVALID', `${field} must be a text of 1 to ${maxNameBytes} bytes without NUL.`, {
    fields: { field, bytes, type: typeof value },
    hint: `Give a ${field} that names the operation: an id from the caller, or a hash of what identifies it.`,
  });
}
