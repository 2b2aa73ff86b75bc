/** A service of somebody else's that honours idempotency keys: what `call` steps call. It outlives every process. */
export interface OutsideService {
  /** Answers whether it took effect now, and not before. */
  act(key: string): boolean;
  /** How often each key was given. */
  calls(): ReadonlyMap<string, number>;
}

export function createOutsideService(): OutsideService {
  const calls = new Map<string, number>();
  return {
    act(key) {
      const before = calls.get(key) ?? 0;
      calls.set(key, before + 1);
      return before === 0;
    },
    calls: () => calls,
  };
}
