import type { SagaDefinition } from '../definition/step-definition.js';
import { applyCall } from './apply-call.js';
import { applyCallBeat } from './apply-call-beat.js';
import { applyChild, applyParentTurnedBack } from './apply-child.js';
import { applyDeadline, applyNotSent } from './apply-deadline.js';
import { applyLocksChecked, applyLocksFreed, applyLocksTaken, applyStarted } from './apply-locks.js';
import { applyLocal, applyReply, type Discard } from './apply-reply.js';
import { applyResolve, applySkip } from './apply-resolution.js';
import { applySignal } from './apply-signal.js';
import { applyCancel, applyPause, applyResume, applyRetry, type Refusal } from './apply-verb.js';
import { applyWithdrawn } from './compensate.js';
import { type Draft, openDraft, park } from './draft.js';
import type { Effect } from './effect.js';
import { isTerminal, type SagaInstance } from './instance.js';
import type { JournalCause, JournalEntry } from './journal-event.js';
import { proceed } from './proceed.js';
import type { SagaInput } from './saga-input.js';

/** What an input came to. */
export type Transition =
  /** Facts were decided: one journal entry. */
  | {
      readonly kind: 'moved';
      readonly instance: SagaInstance;
      readonly entry: JournalEntry;
      readonly effects: readonly Effect[];
    }
  /** Only attempts or times moved: saved, not journalled. */
  | { readonly kind: 'paced'; readonly instance: SagaInstance; readonly effects: readonly Effect[] }
  /** Stale, late or twice: counted, nothing is saved. */
  | { readonly kind: 'discarded'; readonly reason: Discard }
  /** An operator's verb that the state does not allow. */
  | { readonly kind: 'refused'; readonly reason: string };

/** An instance with this many entries is parked: something goes in circles. */
export const maxJournalEntries = 10_000;

/**
 * The whole of what a saga does: a definition, an instance, what came in and the time decide what it becomes and what is to be done. Pure:
 * no clock, no randomness, no ids, no IO. `now` is whole milliseconds of the database's clock.
 */
export function transition(
  definition: SagaDefinition,
  instance: SagaInstance,
  input: SagaInput,
  now: number,
): Transition {
  const draft = openDraft(definition, instance, now);
  // A child may be told something before its first letter is read: whatever comes first begins it.
  if (input.kind !== 'started') applyStarted(draft);
  const applied = apply(draft, input);
  if (typeof applied === 'string') return { kind: 'discarded', reason: applied };
  if (applied !== undefined) return { kind: 'refused', reason: applied.refused };
  proceed(draft);
  if (draft.events.length > 0 && instance.seq + 1 >= maxJournalEntries && !isTerminal(draft.folded.state.status))
    overflow(draft);
  return close(draft, input);
}

function apply(draft: Draft, input: SagaInput): Discard | Refusal | undefined {
  switch (input.kind) {
    case 'started':
      return applyStarted(draft, input.locks);
    case 'locksFreed':
      return applyLocksFreed(draft);
    case 'locksChecked':
      return applyLocksChecked(draft, input.answer);
    case 'locksTaken':
      return applyLocksTaken(draft, input.answer);
    case 'replied':
      return applyReply(draft, input);
    case 'notSent':
      return applyNotSent(draft, input);
    case 'localFinished':
      return applyLocal(draft, input);
    case 'deadlineReached':
      return applyDeadline(draft, input);
    case 'withdrawn':
      return applyWithdrawn(draft, input.commandIds);
    case 'callFinished':
      return applyCall(draft, input);
    case 'callBeat':
      return applyCallBeat(draft, input);
    case 'childFinished':
      return applyChild(draft, input);
    case 'parentTurnedBack':
      return applyParentTurnedBack(draft, input.failure);
    case 'signalled':
      return applySignal(draft, input);
    case 'cancel':
      return applyCancel(draft, { code: 'SAGA_CANCELLED', message: input.reason });
    case 'compensate':
      return applyCancel(draft, { code: input.code ?? 'SAGA_TURNED_BACK', message: input.reason });
    case 'pause':
      return applyPause(draft);
    case 'resume':
      return applyResume(draft);
    case 'retry':
      return applyRetry(draft, input.correction);
    case 'skip':
      return applySkip(draft, input);
    case 'resolve':
      return applyResolve(draft, input);
    default:
      return input satisfies never;
  }
}

function overflow(draft: Draft): void {
  if (draft.folded.state.status === 'parked') return;
  park(draft, 'JOURNAL_FULL', `the journal holds ${maxJournalEntries} entries`);
}

function close(draft: Draft, input: SagaInput): Transition {
  const { state, bodies, output } = draft.folded;
  const { instance, effects } = draft;
  const journalled = draft.events.length > 0;
  const { output: _, ...before } = instance;
  const after: SagaInstance = {
    ...before,
    seq: instance.seq + (journalled ? 1 : 0),
    state,
    bodies,
    ...(output === undefined ? {} : { output }),
  };
  if (!journalled) return { kind: 'paced', instance: after, effects };
  return {
    kind: 'moved',
    instance: after,
    entry: { seq: after.seq, at: draft.now, cause: causeOf(input), events: draft.events },
    effects,
  };
}

function causeOf(input: SagaInput): JournalCause {
  switch (input.kind) {
    case 'replied':
      return { kind: `${input.direction} ${input.outcome.kind}`, step: input.step, attempt: input.attempt };
    case 'localFinished':
      return { kind: `local ${input.direction} ${input.outcome.kind}`, step: input.step };
    case 'notSent':
      return { kind: 'notSent', step: input.step };
    case 'callFinished':
      return { kind: `call ${input.direction} ${input.outcome.kind}`, step: input.step, attempt: input.attempt };
    case 'childFinished':
      return { kind: `child ${input.outcome.kind}`, step: input.step };
    case 'signalled':
    case 'callBeat':
      return { kind: input.kind, step: input.step };
    case 'skip':
    case 'resolve':
      return { kind: input.kind, step: input.step, actor: input.actor, reason: input.reason };
    case 'cancel':
    case 'compensate':
    case 'pause':
    case 'resume':
    case 'retry':
      return { kind: input.kind, actor: input.actor, reason: input.reason };
    case 'started':
    case 'deadlineReached':
    case 'parentTurnedBack':
    case 'withdrawn':
    case 'locksFreed':
    case 'locksChecked':
    case 'locksTaken':
      return { kind: input.kind };
    default:
      return input satisfies never;
  }
}
