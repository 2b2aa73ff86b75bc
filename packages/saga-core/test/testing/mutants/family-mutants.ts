import { transition } from '../../../src/machine/transition.js';
import { type Machine, misled, type Mutant, retold, statusOf } from './mutant.js';

/** Faults of fan-outs. */
export const listMutants: readonly Mutant[] = [
  {
    fault: 'forgets an item that has succeeded when it turns back',
    withinStates: 301,
    parts: {
      transition: retold((event) =>
        event.kind === 'undoDispatched' && event.step === 'hold[0]'
          ? [{ kind: 'stepCompensated', step: 'hold[0]' }]
          : [event],
      ),
    },
    killedBy: 'compensated: undone exactly where there was an effect',
  },
  {
    fault: 'takes the answer of an item for that of another',
    withinStates: 60,
    parts: {
      transition: misled(({ input }) =>
        input.kind === 'replied' && input.step === 'hold[1]' ? { input: { ...input, step: 'hold[0]' } } : {},
      ),
    },
    killedBy: 'what the machine believes of a step is true',
  },
];

/** The real machine, whose effects of this kind are never carried out. */
function silent(kind: 'undoChild' | 'startChild'): Machine {
  return (definition, instance, input, now) => {
    const moved = transition(definition, instance, input, now);
    if (moved.kind !== 'moved' && moved.kind !== 'paced') return moved;
    return { ...moved, effects: moved.effects.filter((effect) => effect.kind !== kind) };
  };
}

/** Faults of parents. */
export const familyMutants: readonly Mutant[] = [
  {
    fault: 'never tells a child to turn back',
    withinStates: 417,
    parts: { transition: silent('undoChild') },
    killedBy: 'it comes to an end',
  },
  {
    fault: 'takes a child that completed late for one that has turned back',
    withinStates: 480,
    parts: {
      transition: misled(({ instance, input }) =>
        input.kind === 'childFinished' &&
        input.outcome.kind === 'completed' &&
        statusOf(instance, input.step) === 'compensating'
          ? {
              input: {
                ...input,
                outcome: { kind: 'compensated', failure: { step: '', code: 'LATE', message: 'late' } },
              },
            }
          : {},
      ),
    },
    killedBy: 'compensated: undone exactly where there was an effect',
  },
  {
    fault: 'takes a child that undid itself for one that completed',
    withinStates: 110,
    parts: {
      transition: misled(({ instance, input }) =>
        input.kind === 'childFinished' && statusOf(instance, input.step) === 'dispatched'
          ? { input: { ...input, outcome: { kind: 'completed' } } }
          : {},
      ),
    },
    killedBy: 'what the machine believes of a step is true',
  },
];
