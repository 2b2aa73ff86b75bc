import type { PartitionOffset } from '@backstitch/kafka-driver';
import type { OffsetsByTopicPartition } from 'kafkajs';

/** Offsets in the shape of kafkajs' commit. */
export function groupOffsets(offsets: readonly PartitionOffset[]): OffsetsByTopicPartition {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, offset } of offsets) {
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({ partition, offset: offset.toString() });
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) };
}
