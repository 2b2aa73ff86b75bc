import type { StepDefinition } from '../definition/step-definition.js';
import type { StepState } from './instance.js';

/** Why an instance is not moved: it may be once an answer is there (`notYet`), or not at all. */
export interface Obstacle {
  readonly kind: 'notYet' | 'refused';
  readonly reason: string;
}

/** A step of the instance that is to be moved, and where it stands. */
export interface StandingStep {
  readonly step: StepDefinition;
  readonly status: StepState['status'];
  /** What it is there; `undefined` where it is dropped. */
  readonly there: StepDefinition | undefined;
  /** Whether the saga may still be undone past it. */
  readonly mayTurnBack: boolean;
  /** Whether what it answers is to be mapped. */
  readonly mapped: boolean;
  readonly signalKept: boolean;
}

/** What of one step stands in the way: an effect that would not be undone, or an answer that would not be understood. */
export function stepObstacle(standing: StandingStep): Obstacle | undefined {
  const { step, status, there, mapped, signalKept } = standing;
  if (mapped && signalKept && status === 'pending')
    return notYet(`a signal for '${step.name}' is kept and not taken yet`);
  if (status === 'pending') return undefined;
  if (there === undefined) return droppedObstacle(standing);
  if (step.phase !== there.phase)
    return refused(`'${step.name}' was ${phaseWords[step.phase]} and '${there.name}' is ${phaseWords[there.phase]}`);
  switch (status) {
    case 'dispatched':
    case 'unknown':
    case 'compensating':
      if (sendingOf(step) !== sendingOf(there))
        return notYet(`'${step.name}' is ${status} as ${sendingOf(step)}, and '${there.name}' is ${sendingOf(there)}`);
      return mapped && status === 'dispatched' && step.kind !== 'local'
        ? notYet(`'${step.name}' is to answer still, and only answers that are there can be mapped`)
        : undefined;
    case 'succeeded':
      return standing.mayTurnBack ? undoObstacle(step, there) : undefined;
    case 'notCompensated':
    case 'skipped':
    case 'declined':
    case 'compensated':
      return undefined;
    default:
      return status satisfies never;
  }
}

function droppedObstacle({ step, status, mayTurnBack }: StandingStep): Obstacle | undefined {
  const leavesNothing = step.kind === 'sleep' || step.kind === 'wait' || step.kind === 'local';
  if (status === 'unknown' || status === 'compensating' || (status === 'dispatched' && !leavesNothing))
    return notYet(`'${step.name}' is ${status}, and is dropped`);
  if (status !== 'succeeded') return undefined;
  if (step.phase === 'pivot') return refused(`'${step.name}', the pivot, has committed, and is dropped`);
  return mayTurnBack && isUndone(step)
    ? refused(`'${step.name}' has succeeded, and nobody would undo it: it is dropped`)
    : undefined;
}

/** Of a step that may have to be undone still: by whom, and by what. */
function undoObstacle(step: StepDefinition, there: StepDefinition): Obstacle | undefined {
  if (!isUndone(step)) return undefined;
  if (!isUndone(there)) return refused(`'${step.name}' has succeeded, and '${there.name}' would not be undone`);
  const sameFence = doerOf(step) === doerOf(there);
  return sameFence
    ? undefined
    : refused(`'${step.name}' was done by ${doerOf(step)}, and '${there.name}' is undone by ${doerOf(there)}`);
}

const phaseWords = { compensatable: 'before the pivot', pivot: 'the pivot', retriable: 'after the pivot' } as const;

/** A child undoes itself. */
function isUndone(step: StepDefinition): boolean {
  return step.kind === 'child' || step.compensate !== null;
}

function doerOf(step: StepDefinition): string {
  if (step.kind === 'child') return `saga '${step.saga.name}'`;
  if (step.kind === 'each') return `a list for participant ${step.command.participant}`;
  return step.kind === 'invoke' ? `participant ${step.command.participant}` : `a ${step.kind}`;
}

/** What an answer that is awaited answers, and what is sent again. */
function sendingOf(step: StepDefinition): string {
  if (step.kind === 'child') return doerOf(step);
  if (step.kind !== 'invoke' && step.kind !== 'each')
    return step.compensate === null ? `a ${step.kind}` : `a ${step.kind} with an undo`;
  const sent = step.kind === 'each' ? 'a list for command' : 'command';
  const undo = step.compensate === null ? 'nothing to undo' : `undone by ${step.compensate.command.name}`;
  return `${sent} ${step.command.name}, ${undo}`;
}

export function notYet(reason: string): Obstacle {
  return { kind: 'notYet', reason };
}

export function refused(reason: string): Obstacle {
  return { kind: 'refused', reason };
}
