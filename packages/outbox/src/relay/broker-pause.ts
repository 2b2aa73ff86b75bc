import type { CancelTimer, Clock } from '@backstitch/messaging';
import { backoffMs } from './backoff.js';

/** Whether it makes sense to send. */
export interface BrokerPause {
  /** `open`; `paused` after trouble; `probing` when the pause is over and no send has succeeded yet. */
  state(): 'open' | 'paused' | 'probing';
  /** A send met broker trouble. Answers the length of the pause in milliseconds. */
  trouble(): number;
  /** A send was answered. */
  recovered(): void;
  stop(): void;
}

export interface BrokerPauseOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly onEnd: () => void;
}

const firstMs = 250;
const longestMs = 30_000;

export function createBrokerPause({ clock, random, onEnd }: BrokerPauseOptions): BrokerPause {
  let failures = 0;
  let cancel: CancelTimer | undefined;
  const endNow = (): void => {
    cancel?.();
    cancel = undefined;
  };
  return {
    state() {
      if (cancel !== undefined) return 'paused';
      return failures === 0 ? 'open' : 'probing';
    },
    trouble() {
      endNow();
      failures += 1;
      const ms = backoffMs(failures, { firstMs, longestMs, random });
      cancel = clock.setTimer(ms, () => {
        cancel = undefined;
        onEnd();
      });
      return ms;
    },
    recovered() {
      endNow();
      failures = 0;
    },
    stop: endNow,
  };
}
