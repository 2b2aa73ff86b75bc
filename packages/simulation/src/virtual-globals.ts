import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { Choices } from './choices.js';
import type { Scheduler } from './scheduler.js';

/**
 * While a run goes on, what the code under test takes from the machine (time, turns of the event loop, randomness) comes from the run. A run never
 * gives the event loop a turn, so nobody else meets these. Answers the function that puts the machine's back.
 */
export function installVirtualGlobals(scheduler: Scheduler, choices: Pick<Choices, 'below'>): () => void {
  const { setTimeout, clearTimeout, setImmediate, clearImmediate } = globalThis;
  const { now: dateNow } = Date;
  const { random } = Math;
  const { timeout: abortTimeout } = AbortSignal;
  const performanceNow = performance.now;
  const { randomBytes } = crypto;
  let ids = choices.below(0x1_0000_0000);

  const timerOf = (cancel: () => void) => {
    const timer = { cancel, ref: () => timer, unref: () => timer, hasRef: () => true, [Symbol.toPrimitive]: () => 0 };
    return timer;
  };
  type Timer = ReturnType<typeof timerOf>;
  const clear = (timer: Timer | undefined): void => timer?.cancel();
  Object.assign(globalThis, {
    setTimeout: (run: () => void, ms = 0) => timerOf(scheduler.setTimer(ms, run)),
    clearTimeout: clear,
    setImmediate: (run: (value?: unknown) => void, value?: unknown) =>
      timerOf(scheduler.setImmediate(() => run(value))),
    clearImmediate: clear,
  });
  Date.now = scheduler.now;
  performance.now = scheduler.now;
  Math.random = () => {
    throw new Error('Math.random is no part of a simulation');
  };
  AbortSignal.timeout = (ms: number) => {
    const controller = new AbortController();
    scheduler.setTimer(ms, () => controller.abort(new DOMException('it took too long', 'TimeoutError')));
    return controller.signal;
  };
  // Ids that differ and are the same in each run; nothing here has to be secret.
  crypto.randomBytes = ((size: number) => {
    const bytes = Buffer.alloc(size);
    ids = (Math.imul(ids, 1_664_525) + 1_013_904_223) >>> 0;
    for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32BE((ids + Math.imul(at + 1, 0x9e3779b9)) >>> 0, at);
    return bytes;
  }) as typeof crypto.randomBytes;
  syncBuiltinESMExports();
  return () => {
    Object.assign(globalThis, { setTimeout, clearTimeout, setImmediate, clearImmediate });
    Date.now = dateNow;
    performance.now = performanceNow;
    Math.random = random;
    AbortSignal.timeout = abortTimeout;
    crypto.randomBytes = randomBytes;
    syncBuiltinESMExports();
  };
}
