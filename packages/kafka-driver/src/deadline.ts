/** What became of a promise that one would not wait for any longer than `ms`. */
export type InTime<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'late' };

/**
 * Waits for `work` at most `ms` milliseconds. Its rejection passes through while one waits; after the deadline it is dropped,
 * or it would end the process as an unhandled rejection.
 */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<InTime<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<InTime<T>>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'late' }), Math.max(0, ms));
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work.then((value): InTime<T> => ({ kind: 'done', value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
