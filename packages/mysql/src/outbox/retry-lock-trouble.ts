import { serverErrorNumber } from '../classify-mysql-error.js';

/** A deadlock (1213) and a lock that was waited for too long (1205). */
const lockTrouble = [1213, 1205];
const attempts = 5;

/**
 * A transaction of the library's own is done again where it lost a race for locks: InnoDB finds deadlocks that no order of statements avoids,
 * between an index and the rows behind it. Never one that runs the author's code.
 */
export async function retryLockTrouble<T>(work: () => Promise<T>): Promise<T> {
  for (let left = attempts - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      const number = serverErrorNumber(error);
      if (left === 0 || number === undefined || !lockTrouble.includes(number)) throw error;
    }
  }
}
