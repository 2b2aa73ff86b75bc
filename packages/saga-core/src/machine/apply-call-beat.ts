import { clockOf } from './apply-acceptance.js';
import type { Discard } from './apply-reply.js';
import { callLeaseMs } from './begin-attempt.js';
import { type Draft, setPace, stepOf } from './draft.js';
import type { SagaInput } from './saga-input.js';

/**
 * A call under way renews its lease. Not where the step has become unknown: its undo waits for the lease to end, and whoever makes the call hears
 * that nobody waits for it.
 */
export function applyCallBeat(
  draft: Draft,
  { step: name, round, direction, attempt }: SagaInput & { readonly kind: 'callBeat' },
): Discard | undefined {
  const step = draft.definition.steps.get(name);
  if (step?.kind !== 'call') return 'unknown step';
  const { status, pace, round: current } = stepOf(draft, name);
  if (round !== current) return 'other round';
  if (status !== (direction === 'do' ? 'dispatched' : 'compensating')) return 'not awaited';
  if (pace?.deadlineAt === undefined || pace.attempt !== attempt) return 'stale attempt';
  setPace(draft, name, { ...pace, deadlineAt: clockOf(draft) + callLeaseMs(step), heardAt: draft.now });
  return undefined;
}
