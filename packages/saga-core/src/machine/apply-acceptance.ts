import type { InvokeStepDefinition } from '../definition/step-definition.js';
import type { Discard } from './apply-reply.js';
import { type Draft, setPace, stepOf } from './draft.js';
import type { RepliedInput } from './saga-input.js';

/**
 * The attempt under way is being worked on: it is given more time. No fact, only pace. An acceptance of an earlier attempt proves nothing of the
 * present one, whose own copy will meet the fence and hear the same.
 */
export function applyAcceptance(
  draft: Draft,
  { name, acceptedTimeoutMs }: InvokeStepDefinition,
  { direction, attempt }: RepliedInput,
): Discard | undefined {
  const { status, pace } = stepOf(draft, name);
  const isAwaited = status === (direction === 'do' ? 'dispatched' : 'compensating');
  if (!isAwaited) return status === 'unknown' || status === 'compensating' ? 'late' : 'not awaited';
  if (pace?.deadlineAt === undefined || pace.attempt !== attempt) return 'stale attempt';
  setPace(draft, name, { ...pace, deadlineAt: clockOf(draft) + acceptedTimeoutMs, heardAt: draft.now });
  return undefined;
}

/** While the instance is held its clocks stand still: what is set now is shifted by the whole hold when that ends. */
export function clockOf({ folded: { state }, now }: Draft): number {
  return Math.min(now, state.pausedAt ?? now, state.parked?.at ?? now);
}
