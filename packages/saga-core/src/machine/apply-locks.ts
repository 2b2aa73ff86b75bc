import { lockKeysFor } from '../definition/saga-locks.js';
import type { Discard } from './apply-reply.js';
import { type Answer, ask } from './author.js';
import { type Draft, record } from './draft.js';
import { type InstanceLocks, isTerminal, type LockTimes } from './instance.js';
import type { StartedLocks } from './journal-event.js';
import { reasonToTurnBack } from './proceed.js';
import type { LockAnswer, LockTaken } from './saga-input.js';
import { recheckMs } from './wake-at.js';

/**
 * A saga that was started by another one waits at most this long for keys of its own, where it says nothing itself: its parent holds keys while it
 * waits, and two such trees could otherwise wait for each other for ever.
 */
export const inheritorWaitMs = 60_000;

/** Whoever stands before it is going, in a transaction that has not ended: looked at again soon, because it may not have seen who waits. */
const leavingLookMs = 200;
/** Some start on one of the same keys has not committed yet. */
const busyLookMs = 500;

/** `given` where the start itself has taken the locks. A child takes its own in a leg of its own, and nothing of it begins before. */
export function applyStarted(draft: Draft, given?: StartedLocks): Discard | undefined {
  if (draft.instance.seq > 0) return 'not awaited';
  const { parent } = draft.folded.state;
  const from = parent === undefined ? {} : { parent };
  const wanted = given === undefined ? childLocks(draft) : ({ kind: 'answered', value: given } as const);
  if (wanted.kind === 'refused') {
    record(draft, { kind: 'sagaStarted', ...from });
    turnBack(draft, wanted.code, wanted.message);
    return undefined;
  }
  const locks = wanted.value;
  record(draft, { kind: 'sagaStarted', ...from, ...(locks === undefined ? {} : { locks }) });
  if (locks?.status !== 'waiting') return undefined;
  const timeoutMs = draft.definition.locks?.timeoutMs ?? (locks.inherited === undefined ? null : inheritorWaitMs);
  // Looked at as soon as its start has committed: whoever released a key meanwhile could not see it in the queue.
  setLockTimes(draft, {
    lookAt: draft.now,
    ...(timeoutMs === null ? {} : { deadlineAt: draft.now + timeoutMs }),
    ...(given === undefined ? { isOutside: true } : {}),
  });
  return undefined;
}

/** Asks how it stands in the queues, where a look is due. The deadline passes only once the answer is known: a lock that is free wins. */
export function lookForLocks(draft: Draft): boolean {
  const waiting = waitingLocks(draft);
  if (waiting === undefined || reasonToTurnBack(draft) !== undefined) return false;
  const { keys, lookAt = draft.now, deadlineAt, isOutside } = waiting;
  if (lookAt > draft.now && (deadlineAt === undefined || deadlineAt > draft.now)) return false;
  const { whenHeld = 'wait' } = draft.definition.locks ?? {};
  draft.effects.push(isOutside === true ? { kind: 'takeLocks', keys, whenHeld } : { kind: 'checkLocks' });
  draft.paced = true;
  return true;
}

/** Who stood before it has gone. The look follows with the clock, which every wake brings. */
export function applyLocksFreed(draft: Draft): Discard | undefined {
  if (isTerminal(draft.folded.state.status)) return 'finished';
  const waiting = waitingLocks(draft);
  if (waiting === undefined) return 'not awaited';
  setLockTimes(draft, { ...timesOf(waiting), lookAt: draft.now });
  return undefined;
}

/** The answer to `checkLocks`. */
export function applyLocksChecked(draft: Draft, answer: LockAnswer): Discard | undefined {
  const waiting = waitingLocks(draft);
  if (waiting === undefined) return 'not awaited';
  if (answer === 'granted') record(draft, { kind: 'locksGranted' });
  else if (!isOutOfTime(draft, waiting)) lookAgain(draft, waiting, answer === 'leaving' ? leavingLookMs : recheckMs);
  return undefined;
}

/** The answer to `takeLocks`. */
export function applyLocksTaken(draft: Draft, answer: LockTaken): Discard | undefined {
  const waiting = waitingLocks(draft);
  if (waiting?.isOutside !== true) return 'not awaited';
  const { isOutside: _, ...inside } = waiting;
  switch (answer.kind) {
    case 'held':
      record(draft, { kind: 'locksGranted' });
      return undefined;
    case 'waiting':
      // At once, with a snapshot from after this commit.
      lookAgain(draft, inside, 0);
      return undefined;
    case 'refused':
      turnBack(draft, 'LOCK_HELD', `'${answer.key}' is held by ${answer.heldBy}`);
      return undefined;
    case 'busy':
      if (!isOutOfTime(draft, waiting)) lookAgain(draft, waiting, busyLookMs);
      return undefined;
    default:
      return answer satisfies never;
  }
}

/** The deadline stood still while it was held. A look is not put off: what was posted meanwhile has to be looked at. */
export function shiftLockDeadline(draft: Draft, byMs: number): void {
  const waiting = waitingLocks(draft);
  if (waiting?.deadlineAt === undefined) return;
  setLockTimes(draft, { ...timesOf(waiting), deadlineAt: waiting.deadlineAt + byMs });
}

/** What a child inherits, and the keys that it wants beside those. */
function childLocks({ definition, instance, folded }: Draft): Answer<StartedLocks | undefined> {
  const { parent, locks } = folded.state;
  const inherited = locks?.inherited ?? [];
  const from = inherited.length === 0 ? {} : { inherited };
  const { name, locks: own } = definition;
  const named: Answer<readonly string[]> =
    parent === undefined || own === null
      ? { kind: 'answered', value: [] }
      : ask(() => lockKeysFor(name, own, instance.input), `'locks' of saga '${name}'`);
  if (named.kind === 'refused') return { ...named, code: 'LOCK_KEYS_INVALID' };
  const keys = named.value.filter((key) => !inherited.includes(key));
  if (keys.length === 0 && inherited.length === 0) return { kind: 'answered', value: undefined };
  return { kind: 'answered', value: { keys, ...from, status: keys.length === 0 ? 'held' : 'waiting' } };
}

function isOutOfTime(draft: Draft, { keys, deadlineAt }: InstanceLocks): boolean {
  if (deadlineAt === undefined || deadlineAt > draft.now) return false;
  turnBack(draft, 'LOCK_TIMED_OUT', `the locks on ${keys.join(', ')} were not free in time`);
  return true;
}

/** Nothing of it has begun: what follows is that it is over. */
function turnBack(draft: Draft, code: string, message: string): void {
  record(draft, { kind: 'cancelRequested', failure: { step: '', code, message } });
}

function lookAgain(draft: Draft, waiting: InstanceLocks, afterMs: number): void {
  setLockTimes(draft, { ...timesOf(waiting), lookAt: draft.now + afterMs });
}

function waitingLocks(draft: Draft): InstanceLocks | undefined {
  const { locks } = draft.folded.state;
  return locks?.status === 'waiting' ? locks : undefined;
}

function timesOf({ lookAt, deadlineAt, isOutside }: InstanceLocks): LockTimes {
  return {
    ...(lookAt === undefined ? {} : { lookAt }),
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
    ...(isOutside === undefined ? {} : { isOutside }),
  };
}

/** Not journalled, as a step's pace is not. */
function setLockTimes(draft: Draft, times: LockTimes): void {
  const { state } = draft.folded;
  if (state.locks === undefined) return;
  const { keys, inherited, status } = state.locks;
  const locks = { keys, ...(inherited === undefined ? {} : { inherited }), status, ...times };
  draft.folded = { ...draft.folded, state: { ...state, locks } };
  draft.paced = true;
}
