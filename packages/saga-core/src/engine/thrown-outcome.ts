import { SagaError, StepDeclined } from '../errors.js';
import type { LocalOutcome } from '../machine/saga-input.js';
import { thrownMessage } from '../thrown-message.js';

/** What the author's code threw, as an outcome: a `StepDeclined` is a business "no", all else a failed attempt. */
export function outcomeOfThrown(error: unknown): LocalOutcome {
  if (error instanceof StepDeclined) {
    const { declined: code, message, detail } = error;
    return { kind: 'declined', code, message, ...(detail === undefined ? {} : { detail }) };
  }
  return { kind: 'failed', code: codeOf(error), message: thrownMessage(error) };
}

function codeOf(error: unknown): string {
  if (error instanceof SagaError) return error.code;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'AUTHOR_CODE_FAILED';
}
