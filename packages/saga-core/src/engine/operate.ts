import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { SagaInput, Verb } from '../machine/saga-input.js';
import type { AdvanceOptions } from './advance-options.js';
import { applySpoken } from './apply-spoken.js';
import { checkOutput } from './check-contract.js';

/** Every verb of an operator's, as the input that it is. */
export type OperatorInput = Extract<SagaInput, Verb>;

/**
 * An operator's verb enters through the same function as replies do: who said it and why stand in the journal entry that it makes. Throws
 * `VERB_REFUSED` where the state does not allow it, `INSTANCE_UNKNOWN`, or `VERSION_UNKNOWN`.
 */
export async function operate<Trx>(options: AdvanceOptions<Trx>, sagaId: string, verb: OperatorInput): Promise<void> {
  requireWord('actor', verb.actor);
  requireWord('reason', verb.reason);
  const spoken = await applySpoken(options, sagaId, (definition) => {
    checkGiven(definition, verb);
    return verb;
  });
  if (spoken.kind !== 'refused') return;
  throw new SagaError('VERB_REFUSED', `cannot ${verb.kind} saga ${sagaId}: ${spoken.reason}`, {
    fields: { sagaId, verb: verb.kind, status: spoken.status },
    hint: 'look at the instance first; nothing was changed',
  });
}

/** What an operator says that a step answered has to be what later steps may rely on. */
function checkGiven(definition: SagaDefinition, verb: OperatorInput): void {
  if (verb.kind === 'skip' && verb.output !== undefined) checkOutput(definition, verb.step, verb.output);
  if (verb.kind === 'resolve' && verb.outcome.kind === 'succeeded')
    checkOutput(definition, verb.step, verb.outcome.output);
}

export function requireWord(field: 'actor' | 'reason', value: string): void {
  if (typeof value === 'string' && value.trim().length > 0) return;
  throw new SagaError('OPTION_INVALID', `${field} is ${JSON.stringify(value)}`, {
    fields: { field, value },
    hint: 'say who does this and why: it is kept in the journal',
  });
}
