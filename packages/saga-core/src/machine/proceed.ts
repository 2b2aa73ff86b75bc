import { encodeJson } from '@backstitch/messaging';
import type { Failure } from '../definition/step-context.js';
import { ask, contextOf } from './author.js';
import { beginCompensation, compensateNext } from './compensate.js';
import { dispatchStage } from './dispatch.js';
import { type Draft, isHeld, park, record, stepOf } from './draft.js';
import { finish } from './finish.js';

/**
 * What the state asks for next. Replies and timers only change the state; this one function decides what follows, so that a held instance
 * (parked, paused) takes the same decision later from the same state.
 */
export function proceed(draft: Draft): void {
  if (isHeld(draft)) return;
  if (draft.folded.state.status === 'compensating') {
    compensateNext(draft);
    return;
  }
  const failure = reasonToTurnBack(draft);
  if (failure !== undefined) {
    beginCompensation(draft, failure);
    return;
  }
  if (draft.folded.state.locks?.status === 'waiting') return;
  advance(draft);
}

/** Why a running instance is about to be undone: then nothing forward is sent any more. A cancel waits while the pivot's answer is open. */
export function reasonToTurnBack(draft: Draft): Failure | undefined {
  const { status, parked, failure, cancel } = draft.folded.state;
  if (status === 'compensating' || parked?.from === 'compensating') return undefined;
  if (failure !== undefined) return failure;
  return pivotOf(draft) === 'ahead' ? cancel : undefined;
}

export type PivotPosition = 'none' | 'ahead' | 'waiting' | 'committed';

/** Where the instance stands to its point of no return. */
export function pivotPosition(draft: Draft): PivotPosition {
  const pivot = [...draft.definition.steps.values()].find((step) => step.phase === 'pivot');
  if (pivot === undefined) return 'none';
  switch (stepOf(draft, pivot.name).status) {
    case 'succeeded':
      return 'committed';
    case 'dispatched':
      return 'waiting';
    default:
      return 'ahead';
  }
}

function pivotOf(draft: Draft): 'ahead' | 'waiting' | 'committed' {
  const position = pivotPosition(draft);
  return position === 'none' ? 'ahead' : position;
}

function advance(draft: Draft): void {
  for (const stage of draft.definition.stages) {
    dispatchStage(draft, stage);
    if (isHeld(draft)) return;
    if (stage.some((step) => !isPast(draft, step.name))) return;
  }
  complete(draft);
}

function isPast(draft: Draft, step: string): boolean {
  const { status } = stepOf(draft, step);
  return status === 'succeeded' || status === 'skipped';
}

function complete(draft: Draft): void {
  const { output } = draft.definition;
  if (output === null) {
    record(draft, { kind: 'sagaCompleted' });
  } else {
    const { input, steps } = contextOf(draft);
    const answer = ask(() => {
      const value = output({ input, steps });
      if (value !== undefined) encodeJson(value, { what: `output of saga '${draft.definition.name}'` });
      return value;
    }, `'output' of saga '${draft.definition.name}'`);
    if (answer.kind === 'refused') {
      park(draft, answer.code, answer.message);
      return;
    }
    record(draft, { kind: 'sagaCompleted', ...(answer.value === undefined ? {} : { output: answer.value }) });
  }
  finish(draft, 'completed');
}
