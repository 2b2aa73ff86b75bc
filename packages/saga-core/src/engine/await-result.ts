import type { Clock } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import type { SagaStore, StoredInstance } from './saga-store.js';
import { createSharedLook } from './shared-look.js';

/** Tells those who wait for an instance when it has come to rest. */
export interface ResultWatch {
  /** Resolves with the instance once it is completed, compensated or parked. Throws `RESULT_TIMEOUT` or `RESULT_BEFORE_COMMIT`. */
  wait(sagaId: string, options: WaitOptions): Promise<StoredInstance>;
  /** This process has just settled it: no need to wait for the next look. */
  settled(sagaId: string): void;
  close(): void;
}

export interface WaitOptions {
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Another process may settle the instance, so the store is looked at as well, first soon and then less often. */
const firstLookMs = 50;
const longestLookMs = 1_000;

/** Somebody who waits for one instance. */
interface Listener {
  /** It was settled after the last look had begun: that look may not have seen it. */
  isSettled: boolean;
  wake(): void;
}

export function createResultWatch<Trx>(store: SagaStore<Trx>, clock: Clock): ResultWatch {
  const listening = new Map<string, Set<Listener>>();
  const look = createSharedLook(store);
  let closed = false;

  const listen = (sagaId: string): Listener & { readonly stop: () => void } => {
    const listeners = listening.get(sagaId) ?? new Set();
    listening.set(sagaId, listeners);
    const listener = {
      isSettled: false,
      wake: () => undefined,
      stop() {
        listeners.delete(listener);
        if (listeners.size === 0) listening.delete(sagaId);
      },
    };
    listeners.add(listener);
    return listener;
  };
  const pause = (listener: Listener, delayMs: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.setTimer(delayMs, done);
      signal?.addEventListener('abort', done, { once: true });
      listener.wake = done;
    });

  return {
    async wait(sagaId, { timeoutMs, signal }) {
      const endsAt = timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + timeoutMs;
      const listener = listen(sagaId);
      try {
        for (let delayMs = firstLookMs; ; delayMs = Math.min(delayMs * 2, longestLookMs)) {
          listener.isSettled = false;
          const stored = await look(sagaId);
          if (stored === undefined) throw notVisible(sagaId);
          const { status } = stored.instance.state;
          if (status !== 'running' && status !== 'compensating') return stored;
          signal?.throwIfAborted();
          if (closed)
            throw new SagaError('ENGINE_CLOSED', 'the engine was closed while a result was awaited', {
              fields: { sagaId },
            });
          const leftMs = endsAt - clock.now();
          if (leftMs <= 0) throw timedOut(sagaId, timeoutMs ?? 0, status);
          if (!listener.isSettled) await pause(listener, Math.min(delayMs, leftMs), signal);
        }
      } finally {
        listener.stop();
      }
    },
    settled(sagaId) {
      for (const listener of [...(listening.get(sagaId) ?? [])]) {
        listener.isSettled = true;
        listener.wake();
      }
    },
    close() {
      closed = true;
      for (const listeners of [...listening.values()]) for (const { wake } of [...listeners]) wake();
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
