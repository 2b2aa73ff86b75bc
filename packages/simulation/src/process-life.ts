import type { CancelTimer, Clock } from '@backstitch/messaging';
import type { Scheduler } from './scheduler.js';

/** One incarnation of a simulated process: from one moment on nothing that it does has any effect. */
export interface ProcessLife {
  readonly name: string;
  isOver(): boolean;
  /** Its wall clock, which may jump, and timers that end with it. */
  readonly clock: Clock;
  /** Sets its wall clock wrong by so much. */
  jump(ms: number): void;
  /** Waits for the scheduler. A process that is over waits for ever, a frozen one until it thaws. */
  gate(label: string): Promise<void>;
  /** What has to be undone where it dies here: an open transaction. Answers the function that takes it back. */
  onDeath(run: () => void): () => void;
  /** Freezes it for so long, as SIGSTOP does: its waits and timers stand still. */
  freeze(ms: number): void;
  isFrozen(): boolean;
  die(): void;
}

export function createProcessLife(name: string, scheduler: Scheduler): ProcessLife {
  let over = false;
  let skewMs = 0;
  let frozenUntilMs = 0;
  const deaths = new Set<() => void>();
  const isFrozen = (): boolean => frozenUntilMs > scheduler.now();
  /** A timer of a frozen process fires when it thaws. */
  const setTimer = (delayMs: number, run: () => void): CancelTimer => {
    let cancel: CancelTimer;
    const fire = (): void => {
      if (over) return;
      if (isFrozen()) cancel = scheduler.setTimer(frozenUntilMs - scheduler.now(), fire);
      else run();
    };
    cancel = scheduler.setTimer(delayMs, fire);
    return () => cancel();
  };
  const life: ProcessLife = {
    name,
    isOver: () => over,
    clock: { now: () => scheduler.now() + skewMs, setTimer },
    jump(ms) {
      skewMs = ms;
    },
    gate(label) {
      return new Promise<void>((resolve) => {
        if (over) return;
        const wait = (): void => scheduler.wait({ life, label, resolve });
        if (isFrozen()) setTimer(frozenUntilMs - scheduler.now(), wait);
        else wait();
      });
    },
    onDeath(run) {
      deaths.add(run);
      return () => void deaths.delete(run);
    },
    freeze(ms) {
      frozenUntilMs = scheduler.now() + ms;
    },
    isFrozen,
    die() {
      if (over) return;
      over = true;
      for (const run of [...deaths]) run();
      deaths.clear();
    },
  };
  return life;
}
