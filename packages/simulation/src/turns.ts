import type { CancelTimer } from '@backstitch/messaging';

/** Turns of an event loop of a run's own. */
export interface Turns {
  /** Runs in the next turn, as `setImmediate` does. */
  add(run: () => void): CancelTimer;
  /** Resolves when nothing is left to do without a further step of the scheduler's. */
  settle(): Promise<void>;
}

/** Resolves when every promise job that can run has run: Node runs its ticks only when the queue of jobs is empty. */
function drained(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

export function createTurns(): Turns {
  let next: { run: (() => void) | undefined }[] = [];
  return {
    add(run) {
      const each: { run: (() => void) | undefined } = { run };
      next.push(each);
      return () => {
        each.run = undefined;
      };
    },
    async settle() {
      await drained();
      while (next.length > 0) {
        const turn = next;
        next = [];
        for (const each of turn) each.run?.();
        await drained();
      }
    },
  };
}
