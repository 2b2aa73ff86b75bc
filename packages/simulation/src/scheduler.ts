import type { CancelTimer } from '@backstitch/messaging';
import type { Choices } from './choices.js';
import type { History } from './history.js';
import type { ProcessLife } from './process-life.js';
import { createTimers } from './timers.js';
import { createTurns } from './turns.js';
import { createWaitingLine } from './waiting-line.js';

/** Somebody who waits at a port call. */
export interface Waiting {
  readonly life: ProcessLife;
  readonly label: string;
  readonly resolve: () => void;
}

/** How the scheduler goes about. All chances in [0, 1). */
export interface Pace {
  /** That time passes although somebody could go on. */
  readonly passChance: number;
  /** The longest such stretch in ms. */
  readonly passUpToMs: number;
  /** That a port call takes long. */
  readonly slowChance: number;
  readonly slowUpToMs: number;
}

/** Decides who goes on. Nothing in a run happens but through it: one step, and then everything that follows without a further port call. */
export interface Scheduler {
  /** Virtual milliseconds since the epoch: the databases' clock. */
  now(): number;
  /** Virtual milliseconds since the run began. */
  elapsed(): number;
  setTimer(delayMs: number, run: () => void): CancelTimer;
  /** Runs in the next turn, as `setImmediate` does. */
  setImmediate(run: () => void): CancelTimer;
  wait(waiting: Waiting): void;
  note(who: string, what: string): void;
  /** From now on nobody is slow, and time passes only where nobody can go on. */
  calm(): void;
  steps(): number;
  /** Lets things happen until `isOver` answers true; it is asked where nobody can go on. Answers false where that took too long. */
  run(options: RunOptions): Promise<boolean>;
}

export interface RunOptions {
  readonly isOver: () => boolean;
  /** Asked before somebody goes on; true where it must not (its process was just ended, or stands still). */
  readonly meddle: (waiting: Waiting) => boolean;
  /** Virtual ms from now. */
  readonly withinMs: number;
  readonly maxSteps: number;
}

export interface SchedulerOptions {
  readonly choices: Choices;
  readonly history: History;
  readonly pace: Pace;
  readonly startMs: number;
}

export function createScheduler({ choices, history, pace, startMs }: SchedulerOptions): Scheduler {
  const timers = createTimers();
  const turns = createTurns();
  let nowMs = startMs;
  let steps = 0;
  let isCalm = false;
  const setTimer = (delayMs: number, run: () => void): CancelTimer =>
    timers.set(nowMs + Math.max(0, Math.ceil(delayMs)), run);
  const line = createWaitingLine({ choices, pace, setTimer, isCalm: () => isCalm });

  /** Where nobody can go on, time passes to the next timer. */
  const passTime = (untilMs: number): 'went on' | 'late' => {
    const at = timers.nextAt();
    if (at === undefined || at > untilMs) return 'late';
    nowMs = Math.max(nowMs, at);
    timers.fire();
    return 'went on';
  };
  const goOn = ({ isOver, meddle }: RunOptions, untilMs: number): 'went on' | 'over' | 'late' => {
    // What is due goes before who is ready.
    if ((timers.nextAt() ?? Number.POSITIVE_INFINITY) <= nowMs) return passTime(nowMs);
    if (line.isEmpty()) return isOver() ? 'over' : passTime(untilMs);
    if (!isCalm && choices.chance(pace.passChance)) nowMs += 1 + choices.below(pace.passUpToMs);
    const next = line.take();
    if (next === undefined) return 'went on';
    if (next.life.isFrozen()) void next.life.gate(next.label).then(next.resolve);
    else if (!meddle(next)) {
      history.note(nowMs - startMs, next.life.name, next.label);
      next.resolve();
    }
    return 'went on';
  };

  return {
    now: () => nowMs,
    elapsed: () => nowMs - startMs,
    setTimer,
    setImmediate: turns.add,
    wait: line.join,
    note: (who, what) => history.note(nowMs - startMs, who, what),
    calm() {
      isCalm = true;
    },
    steps: () => steps,
    async run(options) {
      const untilMs = nowMs + options.withinMs;
      const lastStep = steps + options.maxSteps;
      for (;;) {
        await turns.settle();
        if (steps >= lastStep) return false;
        steps += 1;
        const next = goOn(options, untilMs);
        if (next !== 'went on') return next === 'over';
      }
    },
  };
}
