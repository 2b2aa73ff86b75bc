/** Waiting for a state instead of for a time. */
export interface Watch {
  /** Tells those who wait to look again. */
  changed(): void;
  until(holds: () => boolean, describe: () => string): Promise<void>;
}

/** @param patienceMs after that many milliseconds a wait rejects and says what it waited for. It decides nothing else. */
export function createWatch(patienceMs: number): Watch {
  const waiting = new Set<() => void>();
  return {
    changed() {
      for (const look of [...waiting]) look();
    },
    until: (holds, describe) =>
      new Promise((resolve, reject) => {
        const end = (settle: () => void): void => {
          clearTimeout(deadline);
          waiting.delete(look);
          settle();
        };
        const look = (): void => {
          if (holds()) end(resolve);
        };
        const deadline = setTimeout(
          () => end(() => reject(new Error(`waited ${patienceMs} ms in vain for ${describe()}`))),
          patienceMs,
        );
        waiting.add(look);
        look();
      }),
  };
}
