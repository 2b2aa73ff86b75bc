import type { Discard } from './apply-reply.js';
import { type Draft, record, stepOf } from './draft.js';
import { isTerminal } from './instance.js';
import type { SagaInput } from './saga-input.js';

/** A signal is taken once a step; one that comes before its step waits for it is kept. */
export function applySignal(draft: Draft, input: SagaInput & { readonly kind: 'signalled' }): Discard | undefined {
  const step = draft.definition.steps.get(input.step);
  if (isTerminal(draft.folded.state.status)) return 'finished';
  if (step?.kind !== 'wait') return 'unknown step';
  const body = input.body === undefined ? {} : { body: input.body };
  switch (stepOf(draft, step.name).status) {
    case 'pending':
      if (draft.folded.bodies[step.name]?.signal !== undefined) return 'not awaited';
      record(draft, { kind: 'signalKept', step: step.name, id: input.id, ...body });
      return undefined;
    case 'dispatched':
      record(draft, {
        kind: 'stepSucceeded',
        step: step.name,
        ...(input.body === undefined ? {} : { output: input.body }),
      });
      return undefined;
    default:
      return 'late';
  }
}
