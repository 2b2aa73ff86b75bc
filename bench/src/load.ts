export interface LoadOptions {
  readonly total: number;
  /** The next one begins when one of these has ended, never by the clock: a closed loop. */
  readonly inFlight: number;
  readonly run: (index: number) => Promise<void>;
  /** Milliseconds that never go back. Default `performance.now()`. */
  readonly nowMs?: () => number;
}

export interface LoadResult {
  readonly elapsedMs: number;
  /** One a run, in the order of ending. */
  readonly latenciesMs: readonly number[];
}

/**
 * Runs `total` times with `inFlight` under way. The first failure stops the rest and is thrown: a rate that counts failures is no rate.
 *
 * A closed loop waits for a slow system and so hides the queue that real arrivals would form (Schroeder, Wierman, Harchol-Balter, "Open
 * Versus Closed", 2006): its latencies hold for this number in flight, not for this rate of arrivals.
 */
export async function runLoad({
  total,
  inFlight,
  run,
  nowMs = () => performance.now(),
}: LoadOptions): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < total && failures.length === 0) {
      const index = next;
      next += 1;
      const beganMs = nowMs();
      try {
        await run(index);
      } catch (error) {
        failures.push(error);
        return;
      }
      latenciesMs.push(nowMs() - beganMs);
    }
  };
  const beganMs = nowMs();
  await Promise.all(Array.from({ length: Math.min(inFlight, total) }, worker));
  if (failures.length > 0) throw failures[0];
  return { elapsedMs: nowMs() - beganMs, latenciesMs };
}
