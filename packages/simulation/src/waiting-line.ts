import type { CancelTimer } from '@backstitch/messaging';
import type { Choices } from './choices.js';
import type { Pace, Waiting } from './scheduler.js';

/** Who could go on, and has to be chosen first. */
export interface WaitingLine {
  join(waiting: Waiting): void;
  /** Forgets those whose process is over; answers whether anybody is left. */
  isEmpty(): boolean;
  /** One of them, by chance. */
  take(): Waiting | undefined;
}

export interface WaitingLineOptions {
  readonly choices: Choices;
  readonly pace: Pace;
  readonly isCalm: () => boolean;
  readonly setTimer: (delayMs: number, run: () => void) => CancelTimer;
}

export function createWaitingLine({ choices, pace, isCalm, setTimer }: WaitingLineOptions): WaitingLine {
  let line: Waiting[] = [];
  return {
    join(waiting) {
      const isSlow = !isCalm() && choices.chance(pace.slowChance);
      if (isSlow) setTimer(1 + choices.below(pace.slowUpToMs), () => line.push(waiting));
      else line.push(waiting);
    },
    isEmpty() {
      line = line.filter(({ life }) => !life.isOver());
      return line.length === 0;
    },
    take() {
      const index = line.length === 1 ? 0 : choices.below(line.length);
      return line.splice(index, 1)[0];
    },
  };
}
