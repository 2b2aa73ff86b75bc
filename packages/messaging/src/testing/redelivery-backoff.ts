import type { CancelTimer, Clock } from '../clock.js';
import type { Activity } from './activity.js';

/** The pause before a rejected batch is delivered again. */
export interface RedeliveryBackoff {
  isRunning(): boolean;
  /** One more rejection: the pause doubles. */
  begin(): void;
  /** Something was handled: the next pause is the first again. */
  reset(): void;
  /** Ends a pause that runs. */
  cancel(): void;
}

export interface RedeliveryBackoffOptions {
  readonly clock: Clock;
  readonly activity: Activity;
  /** In milliseconds. */
  readonly redeliveryBackoffMs: { readonly first: number; readonly longest: number };
  /** Called when a pause has passed. */
  wake(): void;
}

export function createRedeliveryBackoff(options: RedeliveryBackoffOptions): RedeliveryBackoff {
  const { first, longest } = options.redeliveryBackoffMs;
  let rejections = 0;
  let running: { readonly cancelTimer: CancelTimer; readonly endTimer: () => void } | undefined;

  const end = (): void => {
    running?.endTimer();
    running = undefined;
  };
  return {
    isRunning: () => running !== undefined,
    begin() {
      const delayMs = Math.min(longest, first * 2 ** rejections);
      rejections++;
      const endTimer = options.activity.begin('timer');
      const cancelTimer = options.clock.setTimer(delayMs, () => {
        end();
        options.wake();
      });
      running = { cancelTimer, endTimer };
    },
    reset() {
      rejections = 0;
    },
    cancel() {
      running?.cancelTimer();
      end();
    },
  };
}
