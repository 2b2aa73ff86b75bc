/** Runs work on so many places at a time, in the order in which it was given, whoever gives it. */
export interface SideBySide {
  /** All of it; rejects with the first failure once what had begun has ended. What had not begun by then never begins. */
  run(work: readonly (() => Promise<void>)[]): Promise<void>;
}

export function createSideBySide(places: number): SideBySide {
  let free = places;
  const queue: (() => void)[] = [];
  const place = (): Promise<void> | undefined => {
    if (free > 0) {
      free -= 1;
      return undefined;
    }
    return new Promise((resolve) => queue.push(resolve));
  };
  const leave = (): void => {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async run(work) {
      let failed = false;
      const ended = await Promise.allSettled(
        work.map(async (each) => {
          await place();
          try {
            if (!failed) await each();
          } catch (error) {
            failed = true;
            throw error;
          } finally {
            leave();
          }
        }),
      );
      const first = ended.find((each) => each.status === 'rejected');
      if (first !== undefined) throw first.reason;
    },
  };
}
