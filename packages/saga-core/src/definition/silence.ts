import { foundText } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { type Duration, parseDuration } from './duration.js';

/** How long whoever works on an attempt may say nothing. */
export interface RawSilence {
  readonly acceptedTimeout?: Duration;
  readonly heartbeat?: Duration;
}

/** Each heartbeat of a call is a transaction. */
const shortestHeartbeatMs = 100;

/** Of a command that its participant has accepted; as long as an attempt where nothing is said. `field` names the step in errors. */
export function acceptedTimeoutMs({ acceptedTimeout }: RawSilence, timeoutMs: number, field: string): number {
  if (acceptedTimeout === undefined) return timeoutMs;
  const ms = parseDuration(acceptedTimeout, `${field}.acceptedTimeout`);
  if (ms >= 1) return ms;
  throw invalid(`${field}.acceptedTimeout`, acceptedTimeout, 'wait at least 1ms');
}

/** Of a call; `null` where it says nothing until it ends. */
export function heartbeatMs({ heartbeat }: RawSilence, timeoutMs: number, field: string): number | null {
  if (heartbeat === undefined) return null;
  const ms = parseDuration(heartbeat, `${field}.heartbeat`);
  if (ms >= shortestHeartbeatMs && ms <= timeoutMs) return ms;
  throw invalid(`${field}.heartbeat`, heartbeat, `give ${shortestHeartbeatMs}ms or more, and no more than the timeout`);
}

function invalid(field: string, value: Duration, hint: string): SagaError {
  return new SagaError('DEFINITION_INVALID', `${field} is ${foundText(value)}`, {
    fields: { field, value },
    hint,
  });
}
