import { thrownCode } from '../thrown-code.js';
import { thrownMessage } from '../thrown-message.js';
import type { Answer } from './reply-message.js';

/** The answer to a command whose attempt has come to nothing: whatever was thrown, in a code and words that can be sent. */
export function failedAnswer(error: unknown): Answer {
  return {
    outcome: 'failed',
    code: thrownCode(error, 'HANDLER_FAILED'),
    message: thrownMessage(error),
    dataJson: 'null',
  };
}
