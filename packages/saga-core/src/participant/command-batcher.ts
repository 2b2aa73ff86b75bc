import type { CommandEnvelope } from '@backstitch/messaging';

/** Gathers what several partitions have at a time into one batch. */
export interface CommandBatcher {
  /** Resolves when these commands are handled, or are to be handled one by one. Rejects with the reason of `signal` where they were not begun. */
  handle(commands: readonly CommandEnvelope[], signal: AbortSignal): Promise<'handled' | 'apart'>;
}

export interface CommandBatcherOptions {
  /** Most commands of a batch; what one partition gives at once is not parted. */
  readonly maxCommands: number;
  readonly process: (commands: readonly CommandEnvelope[]) => Promise<'handled' | 'apart'>;
}

interface Waiting {
  readonly commands: readonly CommandEnvelope[];
  readonly signal: AbortSignal;
  readonly resolve: (answer: 'handled' | 'apart') => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Group commit: while one batch is under way, the next gathers. One at a time, because two half as large cost twice the commits; the first waits one turn of the
 * event loop, in which the other partitions of the same fetch arrive.
 */
export function createCommandBatcher({ maxCommands, process }: CommandBatcherOptions): CommandBatcher {
  let waiting: Waiting[] = [];
  let running = false;

  const take = (): readonly Waiting[] => {
    let size = 0;
    const length = waiting.findIndex(({ commands }, place) => {
      size += commands.length;
      return place > 0 && size > maxCommands;
    });
    const taken = length === -1 ? waiting : waiting.slice(0, length);
    waiting = waiting.slice(taken.length);
    return taken;
  };
  const runNext = async (): Promise<void> => {
    const [gone, taken] = partition(take(), ({ signal }) => signal.aborted);
    // Taken away from this process: whoever has the partition now handles them.
    for (const { signal, reject } of gone) reject(signal.reason);
    if (taken.length === 0) return;
    try {
      const answer = await process(taken.flatMap(({ commands }) => commands));
      for (const { resolve } of taken) resolve(answer);
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0) await runNext();
    running = false;
  };

  return {
    handle: (commands, signal) =>
      new Promise((resolve, reject) => {
        waiting.push({ commands, signal, resolve, reject });
        if (running) return;
        running = true;
        setImmediate(() => void run());
      }),
  };
}

function partition<T>(all: readonly T[], isFirst: (each: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(isFirst), all.filter((each) => !isFirst(each))];
}
