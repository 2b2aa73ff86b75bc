/** A bell that those who wait hear once. Ringing it while nobody waits is heard by the next. */
export interface WakeUp {
  ring(): void;
  /** Resolves at the next ring, or at once where it was rung since the last wait. */
  rung(): Promise<void>;
}

export function createWakeUp(): WakeUp {
  let rings = false;
  let waiting: (() => void)[] = [];
  return {
    ring() {
      rings = waiting.length === 0;
      for (const resolve of waiting.splice(0)) resolve();
    },
    rung() {
      if (rings) {
        rings = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        waiting = [...waiting, resolve];
      });
    },
  };
}
