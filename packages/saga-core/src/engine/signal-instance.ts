import { encodeJson, validate } from '@backstitch/messaging';
import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import { wakeAt } from '../machine/wake-at.js';
import type { AdvanceOptions } from './advance-options.js';
import { answerQuestions } from './answer-questions.js';
import { applyInput, openLeg } from './leg.js';
import { announce } from './prepared.js';

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
  const { store, definitions, sender, bornLeaseMs } = options;
  const done = await store.transaction(async (tx) => {
    const [stored] = await tx.lock([sagaId]);
    if (stored === undefined) {
      throw new SagaError('INSTANCE_UNKNOWN', `there is no saga instance ${sagaId}`, {
        fields: { sagaId, step: signal.step },
        hint: 'check the id; a saga can be signalled once the transaction that started it has committed',
      });
    }
    const definition = definitions.find(stored.instance);
    if (definition === undefined) {
      // A process that has this version takes it from the mailbox, and checks it there as it would have here.
      const input = { kind: 'signalled', step: signal.step, id: signal.id, body: signal.body } as const;
      await tx.post([{ id: `signal/${signal.id}`, sagaId, input }]);
      return 'posted';
    }
    const body = bodyOf(definition, signal);
    const leg = openLeg(definition, stored.instance);
    applyInput(leg, { kind: 'signalled', step: signal.step, id: signal.id, body }, { now: await tx.now(), sender });
    await answerQuestions(leg, { tx, sender, classify: (error) => store.classify(error) });
    if (!leg.changed) return 'refused';
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
  if (done === 'refused') return false;
  if (done === 'posted') return true;
  options.publish(done.claimed);
  announce(options, done.leg);
  return true;
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
    const violations = checked.violations.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
    throw new SagaError('SIGNAL_INVALID', `the signal for '${name}' is not valid: ${violations}`, {
      fields: { ...fields, violations: checked.violations },
      hint: 'correct the fields named; the saga still waits',
    });
  }
  if (checked.value === undefined) return undefined;
  return JSON.parse(encodeJson(checked.value, { what: `signal for step '${name}'` })) as unknown;
}
