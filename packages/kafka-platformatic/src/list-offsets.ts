import type { TopicPartition } from '@backstitch/kafka-driver';
import { listOffsetsV6 } from '@platformatic/kafka';
import { byTopic } from './by-topic.js';
import type { Cluster, Leader } from './cluster.js';
import { PartitionMap } from './partition-map.js';

/** The protocol asks for offsets by time, and has two that mean the ends. */
export const lastOffset = -1n;
export const firstOffset = -2n;

export interface OffsetQuestion {
  readonly partitions: readonly (TopicPartition & { readonly leader: Leader })[];
  readonly at: typeof lastOffset | typeof firstOffset;
  readonly timeoutMs: number;
}

const replica = -1;
const readCommitted = 1;

/** Asks each leader for an end of its partitions. Rejects where one of them does not have a partition. */
export async function listOffsets(cluster: Cluster, question: OffsetQuestion): Promise<PartitionMap<bigint>> {
  const nodes = new Map<number, OffsetQuestion['partitions']>();
  for (const each of question.partitions) nodes.set(each.leader.node, [...(nodes.get(each.leader.node) ?? []), each]);
  const found = new PartitionMap<bigint>();
  for (const partitions of nodes.values()) {
    const broker = partitions[0]?.leader.broker;
    if (broker === undefined) continue;
    const topics = byTopic(partitions).map(([name, of]) => ({
      name,
      partitions: of.map(({ partition }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: -1,
        timestamp: question.at,
      })),
    }));
    const answer = await cluster.ask(
      broker,
      (on) => listOffsetsV6.api.async(on, replica, readCommitted, topics),
      question.timeoutMs,
    );
    for (const { name: topic, partitions: told } of answer.topics) {
      for (const { partitionIndex: partition, offset } of told) found.set({ topic, partition }, offset);
    }
  }
  return found;
}
