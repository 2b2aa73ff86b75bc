import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { SagaInput, Verb } from '../machine/saga-input.js';
import { checkOutput } from './check-contract.js';
import { wakeAt } from '../machine/wake-at.js';
import type { AdvanceOptions } from './advance-options.js';
import { answerQuestions } from './answer-questions.js';
import { applyInput, openLeg } from './leg.js';
import { announce } from './prepared.js';

/** Every verb of an operator's, as the input that it is. */
export type OperatorInput = Extract<SagaInput, Verb>;

/**
 * An operator's verb enters through the same function as replies do, in a locked transaction: who said it and why stand in the journal entry
 * that it makes. Throws `VERB_REFUSED` where the state does not allow it, `INSTANCE_UNKNOWN`, or `VERSION_UNKNOWN`.
 */
export async function operate<Trx>(options: AdvanceOptions<Trx>, sagaId: string, verb: OperatorInput): Promise<void> {
  const { store, definitions, sender, bornLeaseMs } = options;
  requireWord('actor', verb.actor);
  requireWord('reason', verb.reason);
  const done = await store.transaction(async (tx) => {
    const [stored] = await tx.lock([sagaId]);
    if (stored === undefined)
      throw new SagaError('INSTANCE_UNKNOWN', `there is no saga instance ${sagaId}`, {
        fields: { sagaId },
        hint: 'check the id',
      });
    const definition = definitions.find(stored.instance);
    if (definition === undefined) {
      const { saga, version, hash } = stored.instance;
      throw new SagaError('VERSION_UNKNOWN', `this process does not know version ${version} of saga '${saga}'`, {
        fields: { sagaId, saga, version, hash },
        hint: 'say it to a process that has this version registered',
      });
    }
    checkGiven(definition, verb);
    const leg = openLeg(definition, stored.instance);
    const refused = applyInput(leg, verb satisfies SagaInput, { now: await tx.now(), sender });
    if (refused !== undefined) {
      throw new SagaError('VERB_REFUSED', `cannot ${verb.kind} saga ${sagaId}: ${refused}`, {
        fields: { sagaId, verb: verb.kind, status: stored.instance.state.status },
        hint: 'look at the instance first; nothing was changed',
      });
    }
    await answerQuestions(leg, { tx, sender, classify: (error) => store.classify(error) });
    if (!leg.changed) return undefined;
    const change = {
      instance: leg.instance,
      revision: stored.revision,
      entries: leg.entries,
      messages: [...leg.messages.values()],
      wakeAt: wakeAt(leg.instance.state, await tx.now()),
      delivered: [],
      taken: [],
    };
    const { claimed } = await tx.save([change], { bornLeaseMs });
    return { leg, claimed };
  });
  if (done === undefined) return;
  options.publish(done.claimed);
  announce(options, done.leg);
}

/** What an operator says that a step answered has to be what later steps may rely on. */
function checkGiven(definition: SagaDefinition, verb: OperatorInput): void {
  if (verb.kind === 'skip' && verb.output !== undefined) checkOutput(definition, verb.step, verb.output);
  if (verb.kind === 'resolve' && verb.outcome.kind === 'succeeded')
    checkOutput(definition, verb.step, verb.outcome.output);
}

function requireWord(field: 'actor' | 'reason', value: string): void {
  if (typeof value === 'string' && value.trim().length > 0) return;
  throw new SagaError('OPTION_INVALID', `${field} is ${JSON.stringify(value)}`, {
    fields: { field, value },
    hint: 'say who does this and why: it is kept in the journal',
  });
}
