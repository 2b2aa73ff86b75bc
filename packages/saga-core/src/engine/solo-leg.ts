import type { LocalStepDefinition, SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { Direction } from '../machine/saga-input.js';
import type { AdvanceOptions } from './advance-options.js';
import { answerQuestions } from './answer-questions.js';
import { applyInput, type Leg, openLeg } from './leg.js';
import { announce, changeOf } from './prepared.js';
import type { SagaTransaction } from './saga-store.js';
import type { Ready } from './situation.js';
import { thrownMessage } from '../thrown-message.js';

/** A local function that was called in a leg. */
export interface LocalRun {
  readonly step: string;
  readonly direction: Direction;
}

export interface SoloOptions {
  /** Filled with the local functions that were called, in order. */
  readonly ran: LocalRun[];
  /** This one is not called: it counts as failed, for that reason. */
  readonly culprit?: LocalRun & { readonly error: unknown };
}

/**
 * A leg in a locked transaction of its own: its questions are answered there, and effect and outcome commit together. `contended` where the
 * instance has moved since it was read: its inputs (letters, what is still unsent) may have been applied by whoever moved it.
 */
export async function runSolo<Trx>(
  options: AdvanceOptions<Trx>,
  ready: Ready,
  solo: SoloOptions,
): Promise<'done' | 'contended'> {
  const { store, bornLeaseMs } = options;
  const watched = { ...ready, definition: watchedDefinition(ready.definition, solo) };
  const done = await store.transaction(async (tx) => {
    const leg = await runLocked(options, watched, tx);
    if (leg === undefined) return undefined;
    const change = changeOf({ ready, leg }, ready.stored.revision, await tx.now());
    const { claimed, freed } = await tx.save([change], { bornLeaseMs });
    return { leg, claimed, freed };
  });
  if (done === undefined) return 'contended';
  const { revision, tags } = ready.stored;
  options.cache.keep({ instance: done.leg.instance, revision: revision + 1, tags }, ready.stored);
  options.publish(done.claimed);
  options.wake(done.freed);
  announce(options, done.leg);
  return 'done';
}

async function runLocked<Trx>(
  { sender, store }: AdvanceOptions<Trx>,
  { sagaId, definition, inputs, stored }: Ready,
  tx: SagaTransaction<Trx>,
): Promise<Leg | undefined> {
  // What has the same revision is the same: it need not be read again.
  const held = await tx.hold([sagaId]);
  if (held.get(sagaId) !== stored.revision) return undefined;
  const leg = openLeg(definition, stored.instance);
  for (const input of inputs) {
    applyInput(leg, input, { now: await tx.now(), sender });
    await answerQuestions(leg, { tx, sender, classify: (error) => store.classify(error) });
  }
  return leg;
}

/** The same definition, whose local functions tell that they were called. */
function watchedDefinition(definition: SagaDefinition, solo: SoloOptions): SagaDefinition {
  const steps = [...definition.steps].map(([name, step]) => {
    return [name, step.kind === 'local' ? watchedStep(step, solo) : step] as const;
  });
  return { ...definition, steps: new Map(steps) };
}

function watchedStep(step: LocalStepDefinition, { ran, culprit }: SoloOptions): LocalStepDefinition {
  const watch = <Context>(direction: Direction, call: (context: Context) => unknown) => {
    return (context: Context): unknown => {
      if (culprit?.step === step.name && culprit.direction === direction) throw notCommitted(culprit.error);
      ran.push({ step: step.name, direction });
      return call(context);
    };
  };
  const { run, compensate } = step;
  return { ...step, run: watch('do', run), compensate: compensate && watch('undo', compensate) };
}

/** Without a `cause`: a reason that reads as trouble with the database would be taken for it. */
function notCommitted(reason: unknown): SagaError {
  return new SagaError('STEP_FAILED', thrownMessage(reason), {
    hint: 'the step itself ended well, but not the transaction it ran in',
  });
}
