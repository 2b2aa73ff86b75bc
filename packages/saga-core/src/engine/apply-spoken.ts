import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { SagaInput } from '../machine/saga-input.js';
import { againAfterConflict } from '../exchange/again-after-conflict.js';
import type { AdvanceOptions } from './advance-options.js';
import { answerQuestions } from './answer-questions.js';
import { applyInput, openLeg } from './leg.js';
import { announce, changeOf } from './prepared.js';
import type { SagaTransaction, StoredInstance } from './saga-store.js';

/** What came of an input that somebody waits for. */
export type Spoken =
  | { readonly kind: 'applied' }
  /** It changed nothing: it was said before, or the instance is over. */
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly reason: string; readonly status: string };

/**
 * Applies an input that a caller waits for (a verb, a signal) in a locked transaction of its own. `inputFor` may throw what it finds wrong with the
 * input. Throws `INSTANCE_UNKNOWN`, or `VERSION_UNKNOWN` where another process has to be asked.
 */
export async function applySpoken<Trx>(
  options: AdvanceOptions<Trx>,
  sagaId: string,
  inputFor: InputFor,
): Promise<Spoken> {
  const { store } = options;
  const { spoken, after } = await againAfterConflict(
    () => store.transaction((tx) => applyIn(options, tx, { sagaId, inputFor })),
    (error) => (error instanceof SagaError ? 'other' : store.classify(error)),
  );
  // What it was is remembered no more, whoever of the two was quicker.
  options.cache.forget(sagaId);
  after?.();
  return spoken;
}

/** What to say to an instance as it is, locked. */
export type InputFor = (definition: SagaDefinition, stored: StoredInstance, now: number) => SagaInput;

interface Saying {
  readonly sagaId: string;
  readonly inputFor: InputFor;
}

async function applyIn<Trx>(
  options: AdvanceOptions<Trx>,
  tx: SagaTransaction<Trx>,
  { sagaId, inputFor }: Saying,
): Promise<{ readonly spoken: Spoken; readonly after?: () => void }> {
  const { store, definitions, sender, bornLeaseMs } = options;
  const [stored] = await tx.lock([sagaId]);
  if (stored === undefined) throw instanceUnknown(sagaId);
  const definition = definitions.find(stored.instance);
  if (definition === undefined) throw versionUnknown(stored.instance);
  const leg = openLeg(definition, stored.instance);
  const now = await tx.now();
  const reason = applyInput(leg, inputFor(definition, stored, now), { now, sender });
  if (reason !== undefined) return { spoken: { kind: 'refused', reason, status: stored.instance.state.status } };
  await answerQuestions(leg, { tx, sender, classify: (error) => store.classify(error) });
  if (!leg.changed) return { spoken: { kind: 'unchanged' } };
  const ready = { delivered: [], taken: [], stored };
  const change = changeOf({ ready, leg }, stored.revision, await tx.now());
  const { claimed, freed } = await tx.save([change], { bornLeaseMs });
  const after = (): void => {
    options.publish(claimed);
    options.wake(freed);
    announce(options, leg);
  };
  return { spoken: { kind: 'applied' }, after };
}

export function instanceUnknown(sagaId: string): SagaError {
  return new SagaError('INSTANCE_UNKNOWN', `there is no saga instance ${sagaId}`, {
    fields: { sagaId },
    hint: 'check the id; an instance is there once the transaction that started it has committed',
  });
}

export function versionUnknown({
  id,
  saga,
  version,
  hash,
}: {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
}): SagaError {
  return new SagaError('VERSION_UNKNOWN', `this process does not know version ${version} of saga '${saga}'`, {
    fields: { sagaId: id, saga, version, hash },
    hint: 'say it to a process that has this version registered',
  });
}
