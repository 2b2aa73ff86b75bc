export interface SubscribedMember {
  readonly id: string;
  readonly topics: readonly string[];
}

/** Partitions by topic. */
export type PartitionsByTopic = Record<string, number[]>;

/** Gives each partition to the member that reads its topic and has the fewest so far. The same input gives the same answer on any machine. */
export function spreadPartitions(
  members: readonly SubscribedMember[],
  partitions: ReadonlyMap<string, readonly number[]>,
): Map<string, PartitionsByTopic> {
  const shares = [...members]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, topics }) => ({
      id,
      topics: new Set(topics),
      count: 0,
      held: Object.create(null) as PartitionsByTopic,
    }));
  for (const topic of [...partitions.keys()].sort()) {
    const readers = shares.filter(({ topics }) => topics.has(topic));
    for (const partition of partitions.get(topic) ?? []) {
      const share = readers.reduce<(typeof shares)[number] | undefined>(
        (least, reader) => (least === undefined || reader.count < least.count ? reader : least),
        undefined,
      );
      if (share === undefined) break;
      share.count++;
      const list = share.held[topic] ?? [];
      share.held[topic] = list;
      list.push(partition);
    }
  }
  return new Map(shares.map(({ id, held }) => [id, held]));
}
