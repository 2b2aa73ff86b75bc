import type { Clock } from '@backstitch/messaging';

/** Waits for work, but not longer than `timeoutMs`. False where the time was up first; the work then goes on unwatched. Rejects as the work does. */
export function inTime(
  work: Promise<unknown>,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(timeoutMs, () => resolve(false));
    work.then(
      () => {
        cancel();
        resolve(true);
      },
      (error: unknown) => {
        cancel();
        reject(error instanceof Error ? error : new Error('the work rejected without an error', { cause: error }));
      },
    );
  });
}
