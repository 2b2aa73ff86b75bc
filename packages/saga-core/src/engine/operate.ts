import { foundText } from '@backstitch/messaging';
import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { SagaInput, Verb } from '../machine/saga-input.js';
import type { AdvanceOptions } from './advance-options.js';
import { applySpoken, type Spoken } from './apply-spoken.js';
import { checkOutput } from './check-contract.js';
import type { StoredInstance } from './saga-store.js';

/** Every verb of an operator's, as the input that it is. */
export type OperatorInput = Extract<SagaInput, Verb>;

/** Throws where the instance, now that nobody else can move it, is not the one that the verb was meant for. */
export type Guard = (stored: StoredInstance, now: number) => void;

/**
 * An operator's verb enters through the same function as replies do: who said it and why stand in the journal entry that it makes. Throws
 * `VERB_REFUSED` where the state does not allow it, `INSTANCE_UNKNOWN`, or `VERSION_UNKNOWN`. Answers whether it changed anything.
 */
export async function operate<Trx>(
  options: AdvanceOptions<Trx>,
  sagaId: string,
  verb: OperatorInput,
  guard?: Guard,
): Promise<'applied' | 'unchanged'> {
  checkNote(verb);
  const spoken = await applySpoken(options, sagaId, (definition, stored, now) => {
    guard?.(stored, now);
    checkGiven(definition, verb);
    return verb;
  });
  if (spoken.kind === 'refused') throw verbRefused(sagaId, verb, spoken);
  return spoken.kind;
}

export function verbRefused(
  sagaId: string,
  verb: OperatorInput,
  { reason, status }: Omit<Extract<Spoken, { readonly kind: 'refused' }>, 'kind'>,
): SagaError {
  return new SagaError('VERB_REFUSED', `cannot ${verb.kind} saga ${sagaId}: ${reason}`, {
    fields: { sagaId, verb: verb.kind, status, reason },
    hint: 'look at the instance first; nothing was changed',
  });
}

/** What an operator says that a step answered has to be what later steps may rely on. */
export function checkGiven(definition: SagaDefinition, verb: OperatorInput): void {
  if (verb.kind === 'skip' && verb.output !== undefined) checkOutput(definition, verb.step, verb.output);
  if (verb.kind === 'resolve' && verb.outcome.kind === 'succeeded')
    checkOutput(definition, verb.step, verb.outcome.output);
}

/** Throws `OPTION_INVALID` where a verb does not say who and why. */
export function checkNote({ actor, reason }: Verb): void {
  requireWord('actor', actor);
  requireWord('reason', reason);
}

export function requireWord(field: 'actor' | 'reason', value: string): void {
  if (typeof value === 'string' && value.trim().length > 0) return;
  throw new SagaError('OPTION_INVALID', `${field} is ${foundText(value)}`, {
    fields: { field, value },
    hint: 'say who does this and why: it is kept in the journal',
  });
}
