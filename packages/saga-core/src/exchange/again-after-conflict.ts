import type { StoreFailure } from './store-failure.js';

/** A race that the database ended is nobody's answer: it is run again, at most so often. */
const maxConflicts = 10;

/** Runs a whole transaction, again where it lost a race (a deadlock, a serialization failure). Any other error is thrown at once. */
export async function againAfterConflict<T>(
  run: () => Promise<T>,
  classify: (error: unknown) => StoreFailure,
): Promise<T> {
  for (let conflicts = 0; ; conflicts += 1) {
    try {
      return await run();
    } catch (error) {
      if (classify(error) !== 'conflict' || conflicts >= maxConflicts) throw error;
    }
  }
}
