export interface BackoffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** At least 0, less than 1. */
  readonly random: () => number;
}

/**
 * The wait after the nth failure in a row (1, 2, …): doubles from `firstMs` up to `longestMs`, and is cut by up to a half at random, so that
 * processes that failed together do not come back together ("equal jitter", AWS Architecture Blog, 2015).
 */
export function backoffMs(failures: number, { firstMs, longestMs, random }: BackoffOptions): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return full * (1 - random() / 2);
}
