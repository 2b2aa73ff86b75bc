import { encodeJson, validate, violationsText } from '@backstitch/messaging';
import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { AdvanceOptions } from './advance-options.js';
import { applySpoken } from './apply-spoken.js';

export interface Signal {
  /** The name of the `waitFor` step. */
  readonly step: string;
  /** Names this very signal: the same one is taken once. */
  readonly id: string;
  readonly body?: unknown;
}

/** Answers whether the signal was taken: `false` where the step has had its signal, or the instance is over. */
export async function signalInstance<Trx>(
  options: AdvanceOptions<Trx>,
  sagaId: string,
  signal: Signal,
): Promise<boolean> {
  const { step, id } = signal;
  const spoken = await applySpoken(options, sagaId, (definition) => {
    return { kind: 'signalled', step, id, body: bodyOf(definition, signal) };
  });
  return spoken.kind === 'applied';
}

function bodyOf(definition: SagaDefinition, { step: name, body }: Signal): unknown {
  const step = definition.steps.get(name);
  const fields = { saga: definition.name, step: name };
  if (step?.kind !== 'wait') {
    throw new SagaError('SIGNAL_REFUSED', `saga '${definition.name}' has no step '${name}' that waits for a signal`, {
      fields,
      hint: 'name a waitFor step',
    });
  }
  const checked = validate(step.signal, body);
  if (checked.kind === 'invalid') {
    const violations = violationsText(checked.violations);
    throw new SagaError('SIGNAL_INVALID', `the signal for '${name}' is not valid: ${violations}`, {
      fields: { ...fields, violations: checked.violations },
      hint: 'correct the fields named; the saga still waits',
    });
  }
  if (checked.value === undefined) return undefined;
  return JSON.parse(encodeJson(checked.value, { what: `signal for step '${name}'` })) as unknown;
}
