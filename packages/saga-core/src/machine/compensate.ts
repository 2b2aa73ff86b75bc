import type { Failure } from '../definition/step-context.js';
import type { StepDefinition } from '../definition/step-definition.js';
import type { Discard } from './apply-reply.js';
import { type Answer, ask, askForPayload, contextOf } from './author.js';
import { attempt, bodyOf, idOf } from './dispatch.js';
import { type Draft, park, record, setPace, stepOf, stepsWith } from './draft.js';

/**
 * From here on the saga goes back. Siblings that are still under way become unknown; where a command may still lie unsent in the outbox it
 * is asked back first, because what was never sent needs no undo.
 */
export function beginCompensation(draft: Draft, failure: Failure): void {
  const recallable: string[] = [];
  record(draft, { kind: 'compensationStarted', failure });
  for (const step of stepsWith(draft, 'dispatched')) {
    if (step.kind === 'local' || step.kind === 'sleep' || step.kind === 'wait') {
      record(draft, { kind: 'stepSkipped', step: step.name, why: 'notRun' });
      continue;
    }
    const { pace } = stepOf(draft, step.name);
    if (step.kind === 'call') {
      record(draft, { kind: 'stepUnknown', step: step.name });
      // Whoever runs it may be in the middle of it: the undo waits for the end of the lease, or for the call to come back.
      if (pace?.deadlineAt !== undefined) setPace(draft, step.name, pace);
      continue;
    }
    const sendings = pace === undefined ? 1 : pace.attempt - pace.refusals;
    if (sendings === 0) {
      record(draft, { kind: 'stepSkipped', step: step.name, why: 'neverDelivered' });
      continue;
    }
    // Only a first sending proves anything: had an earlier one been delivered, taking back this one would not undo it.
    if (sendings === 1 && pace?.deadlineAt !== undefined) recallable.push(idOf(draft, step.name, 'do'));
    record(draft, { kind: 'stepUnknown', step: step.name });
  }
  if (recallable.length > 0) draft.effects.push({ kind: 'withdrawCommands', commandIds: recallable });
  else compensateNext(draft);
}

/** The answer to `withdrawCommands`: what was taken back was never sent. */
export function applyWithdrawn(draft: Draft, commandIds: readonly string[]): Discard | undefined {
  const unknown = stepsWith(draft, 'unknown');
  if (unknown.length === 0) return 'not awaited';
  for (const step of unknown) {
    if (commandIds.includes(idOf(draft, step.name, 'do')))
      record(draft, { kind: 'stepSkipped', step: step.name, why: 'withdrawn' });
  }
  return undefined;
}

/** Unknown steps first, all at once; then stage by stage backwards, the branches of a stage side by side. */
export function compensateNext(draft: Draft): void {
  const unknown = stepsWith(draft, 'unknown');
  const ready = unknown.filter((step) => !isUnderLease(draft, step.name));
  if (!undoAll(draft, ready)) return;
  for (;;) {
    if (ready.length < unknown.length || stepsWith(draft, 'compensating').length > 0) return;
    const done = stepsWith(draft, 'succeeded');
    const last = Math.max(...done.map((step) => step.stage));
    if (done.length === 0) break;
    if (
      !undoAll(
        draft,
        done.filter((step) => step.stage === last),
      )
    )
      return;
  }
  record(draft, { kind: 'sagaCompensated' });
  draft.effects.push({ kind: 'finished', status: 'compensated' });
}

/** A call that somebody may still be making. */
function isUnderLease(draft: Draft, step: string): boolean {
  const leaseEndsAt = stepOf(draft, step).pace?.deadlineAt;
  return leaseEndsAt !== undefined && leaseEndsAt > draft.now;
}

/** False where an author's function failed: then the instance is parked and none of these undos was begun. */
function undoAll(draft: Draft, steps: readonly StepDefinition[]): boolean {
  const payloads = new Map<string, unknown>();
  for (const step of steps) {
    const payload = undoPayload(draft, step);
    if (payload.kind === 'refused') {
      park(draft, payload.code, payload.message, { step: step.name });
      return false;
    }
    payloads.set(step.name, payload.value);
  }
  for (const step of steps) undo(draft, step, payloads.get(step.name));
  return true;
}

function undoPayload(draft: Draft, step: StepDefinition): Answer<unknown> {
  if (step.kind !== 'invoke' || step.compensate === null) return { kind: 'answered', value: undefined };
  const { compensate } = step;
  const { failure } = draft.folded.state;
  if (failure === undefined) return ask(() => undefined, step.name);
  const { sent, output } = draft.folded.bodies[step.name] ?? {};
  return askForPayload(
    () => compensate.with({ ...contextOf(draft), failure, sent, output }),
    compensate.command,
    `'compensate' of step '${step.name}'`,
  );
}

function undo(draft: Draft, step: StepDefinition, payload: unknown): void {
  const isUnknown = stepOf(draft, step.name).status === 'unknown';
  if (step.compensate === null && !isUnknown) {
    record(draft, { kind: 'stepCompensated', step: step.name });
    return;
  }
  if (step.compensate === null && step.kind === 'call') {
    // There is no fence to close behind a call: nothing to undo is nothing to do.
    record(draft, { kind: 'stepCompensated', step: step.name });
    return;
  }
  record(draft, { kind: 'undoDispatched', step: step.name, ...bodyOf(payload) });
  attempt(draft, step, 'undo');
}
