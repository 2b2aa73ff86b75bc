import type { Clock } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import type { SagaStore, StoredInstance } from './saga-store.js';

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

export function createResultWatch<Trx>(store: SagaStore<Trx>, clock: Clock): ResultWatch {
  const waiting = new Map<string, Set<() => void>>();
  let closed = false;

  const nextLook = (sagaId: string, delayMs: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      const wakers = waiting.get(sagaId) ?? new Set();
      waiting.set(sagaId, wakers);
      const done = (): void => {
        cancel();
        signal?.removeEventListener('abort', done);
        wakers.delete(done);
        if (wakers.size === 0) waiting.delete(sagaId);
        resolve();
      };
      const cancel = clock.setTimer(delayMs, done);
      signal?.addEventListener('abort', done, { once: true });
      wakers.add(done);
    });

  return {
    async wait(sagaId, { timeoutMs, signal }) {
      const endsAt = timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + timeoutMs;
      for (let delayMs = firstLookMs; ; delayMs = Math.min(delayMs * 2, longestLookMs)) {
        const { instances } = await store.load([sagaId]);
        const [stored] = instances;
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
        await nextLook(sagaId, Math.min(delayMs, leftMs), signal);
      }
    },
    settled(sagaId) {
      for (const wake of [...(waiting.get(sagaId) ?? [])]) wake();
    },
    close() {
      closed = true;
      for (const wakers of [...waiting.values()]) for (const wake of [...wakers]) wake();
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
