import { setTimeout as delay } from 'node:timers/promises';
import { DevkitError } from './devkit-error.js';
import type { ServerProcess } from './server-process.js';

export interface WaitUntilOptions {
  readonly name: string;
  readonly within: number;
  /** The process that should come up: when it ends, there is nothing left to wait for. */
  readonly process?: ServerProcess;
}

/** Repeats an attempt until it succeeds, the process behind it ends, or the time is over. */
export async function waitUntil(attempt: () => Promise<void>, options: WaitUntilOptions): Promise<void> {
  const deadline = performance.now() + options.within;
  let died: string | undefined;
  void options.process?.ended.then((how) => {
    died = how;
  });
  for (;;) {
    const failure = await attempt().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    if (failure === undefined) return;
    if (died !== undefined) {
      throw new DevkitError(
        'DEVKIT_SERVER_DIED',
        `${options.name} ended before it was ready (${died}).\n${options.process?.lastWords() ?? ''}`,
      );
    }
    if (performance.now() > deadline) {
      const words = options.process?.lastWords() ?? '';
      throw new DevkitError(
        'DEVKIT_SERVER_SILENT',
        `${options.name} did not answer within ${options.within} ms.\n${words}`,
        { cause: failure.error },
      );
    }
    await delay(50);
  }
}
