import { SagaError } from '../errors.js';
import type { Phase } from './step-definition.js';

/** Where a step stands in the list that is being built. */
export interface StepPlace {
  readonly saga: string;
  readonly name: string;
  readonly phase: Phase;
  readonly stage: number;
}

export function stepInvalid({ saga, name }: Pick<StepPlace, 'saga' | 'name'>, what: string, hint: string): SagaError {
  return new SagaError('DEFINITION_INVALID', `step '${name}' of saga '${saga}' ${what}`, {
    fields: { saga, step: name },
    hint,
  });
}
