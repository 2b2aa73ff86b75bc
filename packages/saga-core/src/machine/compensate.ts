import type { Failure } from '../definition/step-context.js';
import type { EachStepDefinition, UnitDefinition } from '../definition/step-definition.js';
import type { Discard } from './apply-reply.js';
import { type Answer, ask, askForPayload, contextOf } from './author.js';
import { copyJson } from './copy-json.js';
import { beginAttempt, idOf } from './begin-attempt.js';
import { type Draft, park, record, setPace, stepOf, unitsWith } from './draft.js';
import { finish } from './finish.js';
import { itemUnits, splitKey } from './unit.js';
import { withMore } from './with-more.js';

/**
 * From here on the saga goes back. Siblings that are still under way become unknown; where a command may still lie unsent in the outbox it
 * is asked back first, because what was never sent needs no undo.
 */
export function beginCompensation(draft: Draft, failure: Failure): void {
  record(draft, { kind: 'compensationStarted', failure });
  const commandIds = unitsWith(draft, 'dispatched').flatMap((unit) => giveUpForward(draft, unit));
  if (commandIds.length > 0) draft.effects.push({ kind: 'withdrawCommands', commandIds });
  else compensateNext(draft);
}

/** What becomes of a unit that is under way. Answers the id of its command where that may still be taken back. */
function giveUpForward(draft: Draft, unit: UnitDefinition): readonly string[] {
  const { name } = unit;
  const { pace } = stepOf(draft, name);
  switch (unit.kind) {
    case 'local':
    case 'sleep':
    case 'wait':
      record(draft, { kind: 'stepSkipped', step: name, why: 'notRun' });
      return [];
    case 'child':
      record(draft, { kind: 'stepUnknown', step: name });
      return [];
    case 'call':
      record(draft, { kind: 'stepUnknown', step: name });
      // Whoever runs it may be in the middle of it: the undo waits for the end of the lease, or for the call to come back.
      if (pace?.deadlineAt !== undefined) setPace(draft, name, pace);
      return [];
    case 'invoke': {
      const sendings = pace === undefined ? 1 : pace.attempt - pace.refusals;
      if (sendings === 0) {
        record(draft, { kind: 'stepSkipped', step: name, why: 'neverDelivered' });
        return [];
      }
      record(draft, { kind: 'stepUnknown', step: name });
      // Only a first sending proves anything: had an earlier one been delivered, taking back this one would not undo it.
      return sendings === 1 && pace?.deadlineAt !== undefined ? [idOf(draft, name, 'do')] : [];
    }
    default:
      return unit satisfies never;
  }
}

/** The answer to `withdrawCommands`: what was taken back was never sent. */
export function applyWithdrawn(draft: Draft, commandIds: readonly string[]): Discard | undefined {
  const unknown = unitsWith(draft, 'unknown');
  if (unknown.length === 0) return 'not awaited';
  for (const { name } of unknown) {
    if (commandIds.includes(idOf(draft, name, 'do')))
      record(draft, { kind: 'stepSkipped', step: name, why: 'withdrawn' });
  }
  return undefined;
}

/** Unknown steps first, all at once; then stage by stage backwards, the branches of a stage side by side. */
export function compensateNext(draft: Draft): void {
  const unknown = unitsWith(draft, 'unknown');
  const ready = unknown.filter((unit) => !isUnderLease(draft, unit.name));
  if (!undoAll(draft, ready)) return;
  for (;;) {
    settleLists(draft);
    if (ready.length < unknown.length) return;
    const wave = nextWave(draft);
    if (wave === 'wait') return;
    if (wave.length === 0) break;
    if (!undoAll(draft, wave)) return;
  }
  record(draft, { kind: 'sagaCompensated' });
  finish(draft, 'compensated');
}

/**
 * What is to be undone next, none where all is. A stage waits until the one behind it is settled; of one list the next items follow those that
 * are settled, so many at a time.
 */
function nextWave(draft: Draft): readonly UnitDefinition[] | 'wait' {
  const underWay = unitsWith(draft, 'compensating');
  const done = unitsWith(draft, 'succeeded');
  if (done.length === 0) return underWay.length > 0 ? 'wait' : [];
  const last = Math.max(...done.map(({ stage }) => stage));
  const stage = done.filter((unit) => unit.stage === last);
  const mayJoin = underWay.every((unit) => unit.stage === last && isItemOfOne(unit, stage));
  const wave = mayJoin ? withinConcurrency(draft, stage, underWay) : [];
  return wave.length > 0 ? wave : 'wait';
}

/** Whether all that is left of a stage are items of the list that this one is an item of. */
function isItemOfOne(unit: UnitDefinition, left: readonly UnitDefinition[]): boolean {
  const { step, item } = splitKey(unit.name);
  return item !== null && left.every(({ name }) => splitKey(name).step === step);
}

function withinConcurrency(
  draft: Draft,
  units: readonly UnitDefinition[],
  underWay: readonly UnitDefinition[],
): readonly UnitDefinition[] {
  const begun = new Map<string, number>();
  const count = (list: string): number => {
    const already = begun.get(list) ?? underWay.filter(({ name }) => splitKey(name).step === list).length;
    begun.set(list, already + 1);
    return already;
  };
  return units.filter(({ name }) => {
    const { step, item } = splitKey(name);
    const list = draft.definition.steps.get(step);
    return item === null || list?.kind !== 'each' || count(step) < list.concurrency;
  });
}

/** A fan-out is undone by its items: it is under way while one of them is, and settled when none is left. */
function settleLists(draft: Draft): void {
  for (const step of draft.definition.steps.values()) if (step.kind === 'each') settleList(draft, step);
}

function settleList(draft: Draft, step: EachStepDefinition): void {
  const { status } = stepOf(draft, step.name);
  if (status !== 'dispatched' && status !== 'succeeded' && status !== 'compensating') return;
  const statuses = itemUnits(step, draft.folded.bodies).map(({ name }) => stepOf(draft, name).status);
  const isLeft = statuses.some((each) => each === 'succeeded' || each === 'unknown' || each === 'compensating');
  if (!isLeft) record(draft, { kind: 'stepCompensated', step: step.name });
  else if (status !== 'compensating' && statuses.includes('compensating'))
    record(draft, { kind: 'undoDispatched', step: step.name });
}

/** A call that somebody may still be making. */
function isUnderLease(draft: Draft, step: string): boolean {
  const leaseEndsAt = stepOf(draft, step).pace?.deadlineAt;
  return leaseEndsAt !== undefined && leaseEndsAt > draft.now;
}

/** False where an author's function failed: then the instance is parked and none of these undos was begun. */
function undoAll(draft: Draft, units: readonly UnitDefinition[]): boolean {
  const payloads = new Map<string, unknown>();
  for (const unit of units) {
    const payload = undoPayload(draft, unit);
    if (payload.kind === 'refused') {
      park(draft, payload.code, payload.message, { step: unit.name });
      return false;
    }
    payloads.set(unit.name, payload.value);
  }
  for (const unit of units) undo(draft, unit, payloads.get(unit.name));
  return true;
}

/** What an operator put in its place comes before what the author's function answers. */
function undoPayload(draft: Draft, unit: UnitDefinition): Answer<unknown> {
  if (unit.kind !== 'invoke' || unit.compensate === null) return { kind: 'answered', value: undefined };
  const { compensate } = unit;
  const { failure } = draft.folded.state;
  if (failure === undefined) return ask(() => undefined, unit.name);
  const { sent, output, corrected } = draft.folded.bodies[unit.name] ?? {};
  if (corrected !== undefined) return { kind: 'answered', value: corrected.data };
  return askForPayload(
    () => compensate.with(withMore(contextOf(draft), { failure, sent: copyJson(sent), output: copyJson(output) })),
    compensate.command,
    `'compensate' of step '${unit.name}'`,
  );
}

function undo(draft: Draft, unit: UnitDefinition, payload: unknown): void {
  if (!needsUndo(draft, unit)) {
    record(draft, { kind: 'stepCompensated', step: unit.name });
    return;
  }
  record(draft, { kind: 'undoDispatched', step: unit.name, ...(payload === undefined ? {} : { sent: payload }) });
  beginAttempt(draft, unit, 'undo');
}

/** A command whose outcome nobody knows is fenced even where there is nothing to undo. Behind a call there is no fence to close. */
function needsUndo(draft: Draft, unit: UnitDefinition): boolean {
  if (unit.kind === 'child' || unit.compensate !== null) return true;
  return unit.kind === 'invoke' && stepOf(draft, unit.name).status === 'unknown';
}
