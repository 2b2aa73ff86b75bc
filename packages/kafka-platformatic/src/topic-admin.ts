import type { TopicAdmin, TopicPartition } from '@backstitch/kafka-driver';
import type { TopicSpec } from '@backstitch/messaging';
import { createTopicsV7 } from '@platformatic/kafka';
import { KafkaClientError } from './client-error.js';
import type { Cluster } from './cluster.js';
import { committedOffsets } from './committed-offsets.js';
import { firstOffset, lastOffset, listOffsets } from './list-offsets.js';

export interface TopicAdminOptions {
  readonly newCluster: () => Cluster;
  readonly timeoutMs: number;
}

/** The questions that a transport has for a cluster beside sending and reading. */
export function createTopicAdmin({ newCluster, timeoutMs }: TopicAdminOptions): TopicAdmin {
  let current: Cluster | undefined;
  const cluster = (): Cluster => {
    current ??= newCluster();
    return current;
  };

  const withOwn = async <T>(work: (own: Cluster) => Promise<T>): Promise<T> => {
    const own = newCluster();
    try {
      return await work(own);
    } finally {
      void own.close(timeoutMs);
    }
  };

  return {
    async describe(topics) {
      await cluster().leaders(topics);
    },
    create: (spec) => create(cluster(), spec, timeoutMs),
    apart: (work) =>
      withOwn((own) =>
        work(async (topic) => {
          await ends(own, [topic], timeoutMs);
        }),
      ),
    lag: (group, partitions) => withOwn((own) => lag(own, { group, partitions, timeoutMs })),
    async close(ms) {
      await current?.close(ms);
    },
  };
}

async function create(
  cluster: Cluster,
  spec: TopicSpec & { readonly partitions: number },
  timeoutMs: number,
): Promise<void> {
  const { topic, partitions, replicationFactor = -1, config = {} } = spec;
  const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
  const request = { name: topic, numPartitions: partitions, replicationFactor, assignments: [], configs };
  try {
    await cluster.ask(
      await cluster.controller(),
      (on) => createTopicsV7.api.async(on, [request], timeoutMs, false),
      timeoutMs,
    );
  } catch (error) {
    if (!(error instanceof KafkaClientError) || error.type !== 'TOPIC_ALREADY_EXISTS') throw error;
  }
}

async function ends(cluster: Cluster, topics: readonly string[], timeoutMs: number) {
  const leaders = await cluster.leaders(topics);
  const partitions = [...leaders].flatMap(([topic, list]) =>
    list.map((leader, partition) => ({ topic, partition, leader })),
  );
  return listOffsets(cluster, { partitions, at: lastOffset, timeoutMs });
}

async function lag(
  cluster: Cluster,
  question: { readonly group: string; readonly partitions: readonly TopicPartition[]; readonly timeoutMs: number },
): Promise<bigint> {
  const { group, timeoutMs } = question;
  const leaders = await cluster.leaders([...new Set(question.partitions.map(({ topic }) => topic))]);
  const partitions = question.partitions.flatMap(({ topic, partition }) => {
    const leader = leaders.get(topic)?.[partition];
    return leader === undefined ? [] : [{ topic, partition, leader }];
  });
  const coordinator = await cluster.coordinator(group);
  const [last, first, committed] = await Promise.all([
    listOffsets(cluster, { partitions, at: lastOffset, timeoutMs }),
    listOffsets(cluster, { partitions, at: firstOffset, timeoutMs }),
    committedOffsets(cluster, { coordinator, group, partitions, timeoutMs }),
  ]);
  // A group that has committed nothing begins at the first record.
  return partitions.reduce(
    (sum, place) => sum + (last.of(place) ?? 0n) - (committed.of(place) ?? first.of(place) ?? 0n),
    0n,
  );
}
