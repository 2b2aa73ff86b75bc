/** One thing that happened in a run. */
export interface Happening {
  /** Virtual milliseconds since the run began. */
  readonly atMs: number;
  /** Who: a process, or `world`. */
  readonly who: string;
  readonly what: string;
}

/** Everything that happened, as one number; and word for word where the run is to be shown. */
export interface History {
  note(atMs: number, who: string, what: string): void;
  /** 16 hex digits: the same for the same history. */
  hash(): string;
  happenings(): readonly Happening[];
}

export function createHistory(keepsWords: boolean): History {
  const words: Happening[] = [];
  // cyrb53 (bryc, public domain), fed bit by bit.
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  const feed = (code: number): void => {
    low = Math.imul(low ^ code, 2_654_435_761);
    high = Math.imul(high ^ code, 1_597_334_677);
  };
  const feedText = (text: string): void => {
    for (let at = 0; at < text.length; at += 1) feed(text.charCodeAt(at));
    feed(0x1f);
  };
  return {
    note(atMs, who, what) {
      feed(atMs | 0);
      feedText(who);
      feedText(what);
      if (keepsWords) words.push({ atMs, who, what });
    },
    hash() {
      const one = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
      const other = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
      return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
    },
    happenings: () => words,
  };
}
