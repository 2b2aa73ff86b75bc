import { type Duration, parseDuration } from '../definition/duration.js';
import type { Saga } from '../definition/step-list.js';
import { SagaError } from '../errors.js';
import { copyJson } from '../machine/copy-json.js';
import type { SagaInstance } from '../machine/instance.js';
import { notVisible, type ResultWatch, type Settled } from './await-result.js';
import { outputOf } from './instance-view.js';
import type { Started } from './start-saga.js';

export interface SagaHandle<Output> {
  readonly id: string;
  /** False where the idempotency key had been used for the same input before. */
  readonly created: boolean;
  /**
   * Waits until the saga has come to rest. Resolves with its output. Throws `SAGA_COMPENSATED` (with the failure), `SAGA_PARKED`,
   * `RESULT_TIMEOUT`, or `RESULT_BEFORE_COMMIT` where the transaction that started it has not committed.
   */
  result(options?: { readonly timeout?: Duration; readonly signal?: AbortSignal }): Promise<Output>;
}

export function handleOf<I, S, O>(
  watch: ResultWatch,
  saga: Saga<I, S, O>,
  started: Pick<Started, 'sagaId' | 'created'> & {
    readonly isVisible: () => boolean;
    /** It has been committed as this. */
    readonly begunAs?: SagaInstance | undefined;
  },
): SagaHandle<O> {
  const { sagaId: id, created } = started;
  return {
    id,
    created,
    async result({ timeout, signal } = {}) {
      const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout, 'timeout');
      // While the caller's transaction is open the answer is known, and asking the pool for a connection could deadlock.
      if (!started.isVisible()) throw notVisible(id);
      const stored = await watch.wait(id, { timeoutMs, signal, begunAs: started.begunAs });
      refuseOther(stored, saga);
      return settledOutput(stored, saga) as O;
    },
  };
}

/** The types say what this saga answers; another one's output under them would be believed. */
function refuseOther({ instance: { id, saga: found } }: Settled, { name }: Saga): void {
  if (found === name) return;
  throw new SagaError('INSTANCE_UNKNOWN', `${id} is an instance of saga '${found}', not of '${name}'`, {
    fields: { sagaId: id, saga: name, found },
    hint: 'ask for it with the definition that it was started with',
  });
}

function settledOutput(stored: Settled, saga: Saga): unknown {
  const { id, state } = stored.instance;
  // Each caller gets its own: what was kept in memory may be handed to another one.
  if (state.status === 'completed') return copyJson(outputOf(stored, saga));
  if (state.status === 'compensated') {
    const { failure } = state;
    throw new SagaError('SAGA_COMPENSATED', `saga '${saga.name}' was undone: ${failure?.code}: ${failure?.message}`, {
      fields: { sagaId: id, failure },
      hint: 'everything it had done was undone; failure says why',
    });
  }
  throw new SagaError('SAGA_PARKED', `saga '${saga.name}' is parked: ${state.parked?.code}: ${state.parked?.message}`, {
    fields: { sagaId: id, parked: state.parked },
    hint: 'a person has to decide: retry or cancel it',
  });
}
