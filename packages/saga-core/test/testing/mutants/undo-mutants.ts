import type { StepDefinition } from '../../../src/definition/step-definition.js';
import type { StepStatus } from '../../../src/machine/instance.js';
import { forgetful, type Machine, misled, type Mutant, retold, statusOf, withSteps } from './mutant.js';

/** Faults of going back. */
export const undoMutants: readonly Mutant[] = [
  {
    fault: 'compensates in forward order',
    withinStates: 1179,
    parts: {
      transition: misled(({ definition }) => ({
        definition: withSteps(definition, (step) => ({ ...step, stage: -step.stage })),
      })),
    },
    killedBy: 'what stands last is undone first',
  },
  {
    fault: 'compensates an open pivot when it is cancelled',
    withinStates: 2998,
    parts: { transition: withoutPivot('dispatched') },
    killedBy: 'nothing is undone past the pivot, or while it is open',
  },
  {
    fault: 'forgets the siblings of a branch that declined',
    withinStates: 427,
    parts: {
      transition: forgetful(
        (input, step) => input.kind === 'replied' && input.outcome.kind === 'declined' && step !== input.step,
      ),
    },
    killedBy: 'what the machine believes of a step is true',
  },
  {
    fault: 'takes attempts that ran out of time for a refusal',
    withinStates: 82,
    parts: {
      transition: misled(({ definition, instance, input, now }) => {
        if (input.kind !== 'deadlineReached') return {};
        const late = [...definition.steps.values()].find(
          ({ name, phase }) =>
            phase === 'compensatable' &&
            statusOf(instance, name) === 'dispatched' &&
            (instance.state.steps[name]?.pace?.deadlineAt ?? Number.POSITIVE_INFINITY) <= now,
        );
        if (late === undefined) return {};
        const outcome = { kind: 'declined', code: 'LATE', message: 'late' } as const;
        return { input: { kind: 'replied', step: late.name, round: 1, direction: 'do', attempt: 1, outcome } };
      }),
    },
    killedBy: 'what the machine believes of a step is true',
  },
  {
    fault: 'takes a failure for a refusal',
    withinStates: 3110,
    parts: {
      transition: misled(({ definition, input }) =>
        input.kind === 'replied' &&
        input.direction === 'do' &&
        input.outcome.kind === 'failed' &&
        definition.steps.get(input.step)?.phase === 'compensatable'
          ? { input: { ...input, outcome: { kind: 'declined', code: 'FAILED', message: 'failed' } } }
          : {},
      ),
    },
    killedBy: 'what the machine believes of a step is true',
    maxAttempts: 1,
  },
  {
    fault: 'believes that every command it asks back was unsent',
    withinStates: 84,
    parts: {
      transition: misled(({ instance, input }) =>
        input.kind === 'withdrawn'
          ? {
              input: {
                ...input,
                commandIds: Object.keys(instance.state.steps)
                  .filter((name) => statusOf(instance, name) === 'unknown')
                  .map((name) => `${instance.id}/${name}/1/do`),
              },
            }
          : {},
      ),
    },
    killedBy: 'what the machine believes of a step is true',
  },
  {
    fault: 'calls an undo done when it has sent it',
    withinStates: 33,
    parts: {
      transition: retold((event) =>
        event.kind === 'undoDispatched' ? [event, { kind: 'stepCompensated', step: event.step }] : [event],
      ),
    },
    killedBy: 'it comes to an end',
  },
  {
    fault: 'ends when the first of two undos is done',
    withinStates: 873,
    parts: {
      transition: retold((event) =>
        event.kind === 'stepCompensated' && event.step === 'reserveStock'
          ? [event, { kind: 'sagaCompensated' }]
          : [event],
      ),
    },
    killedBy: 'compensated: undone exactly where there was an effect',
  },
  {
    fault: 'takes a late answer to the command for the answer to its undo',
    withinStates: 1195,
    parts: {
      transition: misled(({ instance, input }) =>
        input.kind === 'replied' && statusOf(instance, input.step) === 'compensating'
          ? { input: { ...input, direction: 'undo' } }
          : {},
      ),
    },
    killedBy: 'compensated: undone exactly where there was an effect',
  },
  {
    fault: 'undoes behind a committed pivot when it is cancelled',
    withinStates: 10561,
    parts: { transition: withoutPivot('succeeded') },
    killedBy: 'nothing is undone past the pivot, or while it is open',
  },
];

/** A cancel does not see the pivot where it stands so. */
function withoutPivot(status: StepStatus): Machine {
  return misled(({ definition, instance, input }) => {
    const pivot = [...definition.steps.values()].find(({ phase }) => phase === 'pivot');
    if (input.kind !== 'cancel' || pivot === undefined || statusOf(instance, pivot.name) !== status) return {};
    const change = (step: StepDefinition): StepDefinition =>
      step === pivot ? ({ ...step, phase: 'compensatable' } as StepDefinition) : step;
    return { definition: withSteps(definition, change) };
  });
}
