import { transition } from '../../../src/machine/transition.js';
import { forgetful, misled, type Mutant, retold, withStates, withSteps } from './mutant.js';

/** Faults of going on. */
export const forwardMutants: readonly Mutant[] = [
  {
    fault: 'accepts a late reply after the end',
    withinStates: 4148,
    parts: {
      transition: misled(({ instance, input }) =>
        input.kind === 'replied' && (instance.state.status === 'compensated' || instance.state.status === 'completed')
          ? {
              instance: withStates({ ...instance, state: { ...instance.state, status: 'running' } }, (step, name) =>
                name === input.step ? { ...step, status: 'dispatched' } : step,
              ),
            }
          : {},
      ),
    },
    killedBy: 'what is terminal is final',
  },
  {
    fault: 'lets a timer of an earlier attempt fire',
    withinStates: 18,
    parts: {
      transition: misled(({ input, now }) => (input.kind === 'deadlineReached' ? { now: now + 60_000 } : {})),
    },
    killedBy: 'no timer fires early',
  },
  {
    fault: 'counts the failure of an earlier attempt against the present one',
    withinStates: 1930,
    parts: {
      transition: misled(({ instance, input }) =>
        input.kind === 'replied' && input.outcome.kind === 'failed'
          ? { input: { ...input, attempt: instance.state.steps[input.step]?.pace?.attempt ?? input.attempt } }
          : {},
      ),
    },
    killedBy: 'a stale answer changes nothing',
  },
  {
    fault: 'goes on when the first branch of a group is done',
    withinStates: 78,
    parts: {
      transition: forgetful(
        (input, step) => input.kind === 'replied' && input.outcome.kind === 'succeeded' && step !== input.step,
      ),
    },
    killedBy: 'nothing is parked that no rule parks',
  },
  {
    fault: 'sends again in a new round while the first is open',
    withinStates: 841,
    parts: {
      transition: (definition, instance, input, now) => {
        const moved = transition(definition, instance, input, now);
        if (moved.kind !== 'moved' && moved.kind !== 'paced') return moved;
        const effects = moved.effects.map((effect) =>
          effect.kind === 'sendCommand' && effect.attempt > 1
            ? { ...effect, round: 2, commandId: effect.commandId.replace('/1/', '/2/') }
            : effect,
        );
        return { ...moved, effects };
      },
    },
    killedBy: 'what the machine believes of a step is true',
  },
  {
    fault: 'sends again without a deadline',
    withinStates: 15639,
    parts: {
      transition: (definition, instance, input, now) => {
        const moved = transition(definition, instance, input, now);
        if (moved.kind !== 'paced') return moved;
        return {
          ...moved,
          instance: withStates(moved.instance, (step) => {
            if (step.pace === undefined || step.pace.attempt < 2) return step;
            const { deadlineAt: _, ...pace } = step.pace;
            return { ...step, pace };
          }),
        };
      },
    },
    killedBy: 'it comes to an end',
  },
  {
    fault: 'sends while it is paused',
    withinStates: 3076,
    parts: {
      transition: (definition, instance, input, now) => {
        const { pausedAt, ...state } = instance.state;
        if (pausedAt === undefined || input.kind !== 'replied') return transition(definition, instance, input, now);
        const moved = transition(definition, { ...instance, state }, input, now);
        if (moved.kind !== 'moved' && moved.kind !== 'paced') return moved;
        return { ...moved, instance: { ...moved.instance, state: { ...moved.instance.state, pausedAt } } };
      },
    },
    killedBy: 'nothing is sent while it is held',
  },
  {
    fault: 'retries once more than the policy allows',
    withinStates: 210,
    parts: {
      transition: misled(({ definition }) => ({
        definition: withSteps(definition, (step) => {
          const { attempts } = step.retry;
          return { ...step, retry: { ...step.retry, attempts: attempts === null ? null : attempts + 1 } };
        }),
      })),
    },
    killedBy: 'sends stay within the retry policy',
    maxAttempts: 1,
  },
  {
    fault: 'completes with a step still open',
    withinStates: 1251,
    parts: {
      transition: retold((event) =>
        event.kind === 'stepDispatched' && event.step === 'capturePayment'
          ? [event, { kind: 'sagaCompleted' }]
          : [event],
      ),
    },
    killedBy: 'completed: each forward effect once, no undo',
  },
];
