/** An offset to commit: the first record that is not yet handled. */
export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * What one member has handled under one assignment. Offsets only rise: a commit that went back would repeat records, one that went ahead
 * would lose them. A new assignment gets a new ledger, because a kept offset could be committed over another member's.
 */
export interface OffsetLedger {
  /** All records before `next` are handled. */
  handled(topic: string, partition: number, next: bigint): void;
  /** Handled and not yet known to be committed. */
  pending(): PartitionOffset[];
  /** The broker has these. */
  committed(offsets: readonly PartitionOffset[]): void;
}

export function createOffsetLedger(): OffsetLedger {
  const handled = new Map<string, PartitionOffset>();
  const committed = new Map<string, bigint>();
  const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

  return {
    handled(topic, partition, next) {
      const key = keyOf(topic, partition);
      const before = handled.get(key);
      if (before === undefined || next > before.offset) handled.set(key, { topic, partition, offset: next });
    },
    pending() {
      return [...handled]
        .filter(([key, { offset }]) => offset > (committed.get(key) ?? -1n))
        .map(([, offset]) => offset);
    },
    committed(offsets) {
      for (const { topic, partition, offset } of offsets) {
        const key = keyOf(topic, partition);
        if (offset > (committed.get(key) ?? -1n)) committed.set(key, offset);
      }
    },
  };
}
