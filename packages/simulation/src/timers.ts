/** Timers of the virtual clock, earliest first; those of one instant in the order in which they were set. */
export interface Timers {
  /** Answers the function that cancels it. */
  set(atMs: number, run: () => void): () => void;
  /** The instant of the earliest. */
  nextAt(): number | undefined;
  /** Takes out and runs the earliest. */
  fire(): void;
}

interface Timer {
  readonly atMs: number;
  readonly place: number;
  run: (() => void) | undefined;
}

/** A binary heap. A cancelled timer stays in it, empty, until its turn. */
export function createTimers(): Timers {
  const heap: Timer[] = [];
  let places = 0;
  const isBefore = (one: Timer, other: Timer): boolean =>
    one.atMs < other.atMs || (one.atMs === other.atMs && one.place < other.place);
  const swap = (one: number, other: number): void => {
    const kept = heap[one] as Timer;
    heap[one] = heap[other] as Timer;
    heap[other] = kept;
  };
  const rise = (from: number): void => {
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!isBefore(heap[at] as Timer, heap[above] as Timer)) return;
      swap(at, above);
      at = above;
    }
  };
  const sink = (): void => {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      let least = at;
      for (const child of [left, left + 1])
        if (child < heap.length && isBefore(heap[child] as Timer, heap[least] as Timer)) least = child;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  };
  const take = (): Timer | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first !== undefined && last !== undefined && first !== last) {
      heap[0] = last;
      sink();
    }
    return first;
  };
  const dropCancelled = (): void => {
    while (heap.length > 0 && heap[0]?.run === undefined) take();
  };
  return {
    set(atMs, run) {
      const timer: Timer = { atMs, place: places++, run };
      heap.push(timer);
      rise(heap.length - 1);
      return () => {
        timer.run = undefined;
      };
    },
    nextAt() {
      dropCancelled();
      return heap[0]?.atMs;
    },
    fire() {
      dropCancelled();
      take()?.run?.();
    },
  };
}
