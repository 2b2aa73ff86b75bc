import { SagaError } from './errors.js';

/** Codes go into replies, the journal and lists of `nonRetryable`: short words, not whatever a library calls a code. */
export const failureCode = /^[A-Za-z0-9_-]{1,64}$/;

/** The code of what was thrown: its own `code` where it has one that is fit to be stored, else `otherwise`. */
export function thrownCode(error: unknown, otherwise: string): string {
  if (error instanceof SagaError) return error.code;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && failureCode.test(code) ? code : otherwise;
}
