import { StepDeclined } from '../errors.js';
import type { LocalOutcome } from '../machine/saga-input.js';
import { thrownCode } from '../thrown-code.js';
import { thrownMessage } from '../thrown-message.js';

/** What the author's code threw, as an outcome: a `StepDeclined` is a business "no", all else a failed attempt. */
export function outcomeOfThrown(error: unknown): LocalOutcome {
  if (error instanceof StepDeclined) {
    const { declined: code, message, detail } = error;
    return { kind: 'declined', code, message, ...(detail === undefined ? {} : { detail }) };
  }
  return { kind: 'failed', code: thrownCode(error, 'AUTHOR_CODE_FAILED'), message: thrownMessage(error) };
}
