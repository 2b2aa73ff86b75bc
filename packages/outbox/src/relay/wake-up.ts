import type { Clock } from '@backstitch/messaging';

/** What a loop sleeps on. A call that comes while the loop is awake is not lost: the next sleep ends at once. */
export interface WakeUp {
  wake(): void;
  /** Resolves when woken, or after `ms` milliseconds where given. */
  sleep(ms?: number): Promise<void>;
}

export function createWakeUp(clock: Clock): WakeUp {
  let called = false;
  let end: (() => void) | undefined;
  return {
    wake() {
      called = true;
      end?.();
    },
    async sleep(ms) {
      if (!called) {
        await new Promise<void>((resolve) => {
          const cancel = ms === undefined ? undefined : clock.setTimer(ms, resolve);
          end = () => {
            cancel?.();
            resolve();
          };
        });
        end = undefined;
      }
      called = false;
    },
  };
}
