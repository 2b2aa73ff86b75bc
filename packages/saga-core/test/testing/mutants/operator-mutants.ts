import { misled, type Mutant, retold, withSteps } from './mutant.js';

/** Faults of taking an operator's word, on the saga that gives everything up at once. */
export const operatorMutants: readonly Mutant[] = [
  {
    fault: 'skips a step that was sent as if it never had been',
    withinStates: 133,
    parts: {
      transition: retold((event, { entry }) =>
        entry.cause.kind === 'skip' && event.kind === 'stepSucceeded'
          ? [{ kind: 'stepSkipped', step: event.step, why: 'operator' }]
          : [event],
      ),
    },
    killedBy: 'what the machine believes of a step is true',
  },
  {
    fault: 'skips the point of no return',
    withinStates: 309,
    parts: {
      transition: misled(({ definition, input }) =>
        input.kind === 'skip'
          ? { definition: withSteps(definition, (step) => ({ ...step, phase: 'compensatable' }) as typeof step) }
          : {},
      ),
    },
    killedBy: 'completed: each forward effect once, no undo',
  },
  {
    fault: 'takes every resolution for a success',
    withinStates: 234,
    parts: {
      transition: misled(({ input }) =>
        input.kind === 'resolve' ? { input: { ...input, outcome: { kind: 'succeeded', output: {} } } } : {},
      ),
    },
    killedBy: 'what the machine believes of a step is true',
  },
  {
    fault: 'takes every resolution for a refusal',
    withinStates: 134,
    parts: {
      transition: misled(({ input }) =>
        input.kind === 'resolve' && input.outcome.kind === 'succeeded'
          ? { input: { ...input, outcome: { kind: 'declined', code: 'NO', message: 'no' } } }
          : {},
      ),
    },
    killedBy: 'what the machine believes of a step is true',
  },
  {
    fault: 'ends when an operator says that the pivot was declined, and undoes nothing',
    withinStates: 234,
    parts: {
      transition: retold((event, { entry }) =>
        entry.cause.kind === 'resolve' && event.kind === 'compensationStarted'
          ? [event, { kind: 'sagaCompensated' }]
          : [event],
      ),
    },
    killedBy: 'compensated: undone exactly where there was an effect',
  },
];

/** On the order saga, whose later steps read what earlier ones answered. */
export const outputMutants: readonly Mutant[] = [
  {
    fault: 'loses the output that an operator gave with a skipped step',
    withinStates: 3496,
    parts: {
      transition: retold((event, { entry }) => {
        if (entry.cause.kind !== 'skip' || event.kind !== 'stepSucceeded') return [event];
        return [{ kind: 'stepSucceeded', step: event.step }];
      }),
    },
    killedBy: 'nothing is parked that no rule parks',
  },
];
