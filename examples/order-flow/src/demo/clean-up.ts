/** What has to be undone when the demo ends, however it ends: the latest first. */
export interface CleanUp {
  add(step: () => Promise<unknown>): void;
  /** Does all of it, whatever fails; answers what failed. */
  run(): Promise<readonly unknown[]>;
}

export function createCleanUp(): CleanUp {
  const steps: (() => Promise<unknown>)[] = [];
  return {
    add: (step) => void steps.push(step),
    async run() {
      const failures: unknown[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        await step().catch((error: unknown) => failures.push(error));
      }
      return failures;
    },
  };
}
