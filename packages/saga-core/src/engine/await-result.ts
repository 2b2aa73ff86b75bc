import type { Clock } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { roughBytes } from '../machine/copy-json.js';
import { isTerminal, type SagaInstance, type SagaStatus } from '../machine/instance.js';
import type { SagaStore } from './saga-store.js';
import { createSharedLook } from './shared-look.js';

/** Tells those who wait for an instance when it has come to rest. */
export interface ResultWatch {
  /** Resolves with the instance once it is completed, compensated or parked. Throws `RESULT_TIMEOUT` or `RESULT_BEFORE_COMMIT`. */
  wait(sagaId: string, options: WaitOptions): Promise<Settled>;
  /** This process has just committed it as this: no need to look. */
  settled(instance: SagaInstance): void;
  close(): void;
}

/** An instance that has come to rest. */
export interface Settled {
  readonly instance: SagaInstance;
}

export interface WaitOptions {
  /** This process has just begun it as this: it is not looked at before there was time for it to end. */
  readonly begunAs?: SagaInstance | undefined;
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Another process may settle the instance, so the store is looked at as well, first soon and then less often. */
const firstLookMs = 50;
const longestLookMs = 1_000;

/** Somebody who waits for one instance. */
interface Listener {
  /** It was settled after the last look had begun: that look may not have seen it. */
  settled: SagaInstance | undefined;
  wake(): void;
}

export function createResultWatch<Trx>(store: SagaStore<Trx>, clock: Clock): ResultWatch {
  const listening = new Map<string, Set<Listener>>();
  const look = createSharedLook((ids) => settledOnes(store, ids));
  const lookWhere = createSharedLook((ids) => store.statuses(ids));
  const recent = createRecentEnds();
  let closed = false;

  const listen = (sagaId: string): Listener & { readonly stop: () => void } => {
    const listeners = listening.get(sagaId) ?? new Set();
    listening.set(sagaId, listeners);
    const listener: Listener & { readonly stop: () => void } = {
      settled: undefined,
      wake: () => undefined,
      stop() {
        listeners.delete(listener);
        if (listeners.size === 0) listening.delete(sagaId);
      },
    };
    listeners.add(listener);
    return listener;
  };
  return {
    async wait(sagaId, { timeoutMs, signal, begunAs }) {
      const known = recent.get(sagaId) ?? begunAs;
      if (known !== undefined && isAtRest(known)) return { instance: known };
      const endsAt = timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + timeoutMs;
      const listener = listen(sagaId);
      try {
        for (let delayMs = firstLookMs; ; delayMs = Math.min(delayMs * 2, longestLookMs)) {
          const status = delayMs === firstLookMs && known !== undefined ? known.state.status : await lookWhere(sagaId);
          const { settled } = listener;
          if (settled !== undefined) return { instance: settled };
          if (status === undefined) throw notVisible(sagaId);
          if (isRest(status)) {
            const stored = await look(sagaId);
            if (stored === undefined) throw notVisible(sagaId);
            // Somebody may have let a parked one go on, since.
            if (isAtRest(stored.instance)) return stored;
          }
          signal?.throwIfAborted();
          if (closed)
            throw new SagaError('ENGINE_CLOSED', 'the engine was closed while a result was awaited', {
              fields: { sagaId },
            });
          const leftMs = endsAt - clock.now();
          if (leftMs <= 0) throw timedOut(sagaId, timeoutMs ?? 0, status);
          await pause(clock, listener, { delayMs: Math.min(delayMs, leftMs), signal });
          if (listener.settled !== undefined) return { instance: listener.settled };
        }
      } finally {
        listener.stop();
      }
    },
    settled(instance) {
      // Something of it was given up, and it goes on.
      if (!isAtRest(instance)) return;
      recent.add(instance);
      for (const listener of [...(listening.get(instance.id) ?? [])]) {
        listener.settled = instance;
        listener.wake();
      }
    },
    close() {
      closed = true;
      for (const listeners of [...listening.values()]) for (const { wake } of [...listeners]) wake();
    },
  };
}

function isRest(status: SagaStatus): boolean {
  return status !== 'running' && status !== 'compensating';
}

function isAtRest({ state }: SagaInstance): boolean {
  return isRest(state.status);
}

async function settledOnes<Trx>(store: SagaStore<Trx>, ids: readonly string[]): Promise<ReadonlyMap<string, Settled>> {
  const { instances } = await store.load(ids);
  return new Map(instances.map((stored) => [stored.instance.id, stored]));
}

/** Until the listener is woken, the signal is aborted or the time is over. */
function pause(
  clock: Clock,
  listener: Listener,
  { delayMs, signal }: { readonly delayMs: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.setTimer(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
    listener.wake = done;
  });
}

/** Results that are asked for a moment after their saga has ended. */
const mostRecent = 1_000;
const mostRecentBytes = 16_384;

function createRecentEnds(): { get(sagaId: string): SagaInstance | undefined; add(instance: SagaInstance): void } {
  const ends = new Map<string, SagaInstance>();
  return {
    get: (sagaId) => ends.get(sagaId),
    add(instance) {
      const { id, state, input, bodies } = instance;
      // A parked one may go on, a child that has completed may be told to turn back: by another process, which does not tell this one.
      if (!isTerminal(state.status) || state.parent !== undefined) return;
      if (roughBytes(input) + roughBytes(bodies) > mostRecentBytes) return;
      ends.delete(id);
      ends.set(id, instance);
      const [oldest] = ends.keys();
      if (ends.size > mostRecent && oldest !== undefined) ends.delete(oldest);
    },
  };
}

function timedOut(sagaId: string, timeoutMs: number, status: string): SagaError {
  return new SagaError('RESULT_TIMEOUT', `saga ${sagaId} was still ${status} after ${timeoutMs} ms`, {
    fields: { sagaId, timeoutMs, status },
    hint: 'the saga goes on: ask again later, or wait longer',
  });
}

export function notVisible(sagaId: string): SagaError {
  return new SagaError('RESULT_BEFORE_COMMIT', `saga ${sagaId} is not visible`, {
    fields: { sagaId },
    hint: 'await result() after the transaction that started it has committed; if that rolled back, the saga never began',
  });
}
