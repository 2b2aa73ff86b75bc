import type { TopicPartition } from '@backstitch/kafka-driver';
import { type Broker, offsetFetchV8 } from '@platformatic/kafka';
import { byTopic } from './by-topic.js';
import type { Cluster } from './cluster.js';
import { PartitionMap } from './partition-map.js';

/** What a group has committed. A partition of which it has committed nothing is left out. */
export async function committedOffsets(
  cluster: Cluster,
  question: {
    readonly coordinator: Broker;
    readonly group: string;
    readonly partitions: readonly TopicPartition[];
    readonly timeoutMs: number;
  },
): Promise<PartitionMap<bigint>> {
  const topics = byTopic(question.partitions).map(([name, of]) => ({
    name,
    partitionIndexes: of.map(({ partition }) => partition),
  }));
  const groups = [{ groupId: question.group, memberEpoch: -1, topics }];
  const answer = await cluster.ask(
    question.coordinator,
    // Stable: an offset that a transaction is about to commit is waited for.
    (on) => offsetFetchV8.api.async(on, groups, true),
    question.timeoutMs,
  );
  const committed = new PartitionMap<bigint>();
  for (const { name: topic, partitions } of answer.groups.flatMap((group) => group.topics)) {
    for (const { partitionIndex: partition, committedOffset } of partitions) {
      if (committedOffset >= 0n) committed.set({ topic, partition }, committedOffset);
    }
  }
  return committed;
}
