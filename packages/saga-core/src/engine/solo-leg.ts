import type { AdvanceOptions } from './advance-options.js';
import { answerQuestions } from './answer-questions.js';
import { applyInput, type Leg, openLeg } from './leg.js';
import { announce, changeOf } from './prepared.js';
import type { SagaTransaction } from './saga-store.js';
import type { Ready } from './situation.js';

/** A leg in a locked transaction of its own: its questions are answered there, and effect and outcome commit together. */
export async function runSolo<Trx>(options: AdvanceOptions<Trx>, ready: Ready): Promise<void> {
  const { store, bornLeaseMs } = options;
  const done = await store.transaction(async (tx) => {
    const leg = await runLocked(options, ready, tx);
    if (leg === undefined) return undefined;
    const { claimed } = await tx.save([changeOf({ ready, leg }, leg.revision, await tx.now())], { bornLeaseMs });
    return { leg, claimed };
  });
  if (done === undefined) return;
  options.publish(done.claimed);
  announce(options, done.leg);
}

async function runLocked<Trx>(
  { sender, store }: AdvanceOptions<Trx>,
  { sagaId, definition, inputs }: Ready,
  tx: SagaTransaction<Trx>,
): Promise<(Leg & { readonly revision: number }) | undefined> {
  const [stored] = await tx.lock([sagaId]);
  if (stored === undefined) return undefined;
  const leg = openLeg(definition, stored.instance);
  for (const input of inputs) {
    applyInput(leg, input, { now: await tx.now(), sender });
    await answerQuestions(leg, { tx, sender, classify: (error) => store.classify(error) });
  }
  return Object.assign(leg, { revision: stored.revision });
}
