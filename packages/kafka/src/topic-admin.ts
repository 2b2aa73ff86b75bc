import type { TopicAdmin } from '@backstitch/kafka-driver';
import type { AdminSession } from './admin-session.js';

/** The questions that a transport has for a cluster, asked through kafkajs. */
export function createTopicAdmin(session: AdminSession): TopicAdmin {
  return {
    describe: (topics) =>
      session.use(async (client) => {
        await client.fetchTopicMetadata({ topics: [...topics] });
      }),
    async create({ topic, partitions, replicationFactor, config = {} }) {
      const request = {
        topic,
        numPartitions: partitions,
        ...(replicationFactor === undefined ? {} : { replicationFactor }),
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      };
      try {
        await session.use((client) => client.createTopics({ topics: [request], waitForLeaders: false }));
      } catch (error) {
        throw onlyError(error);
      }
    },
    apart: (work) =>
      session.apart((client) =>
        work(async (topic) => {
          await client.fetchTopicOffsets(topic);
        }),
      ),
    lag: (group, partitions) =>
      session.apart(async (client) => {
        const topics = [...new Set(partitions.map(({ topic }) => topic))];
        const committed = await client.fetchOffsets({ groupId: group, topics });
        let behind = 0n;
        for (const topic of topics) {
          const held = new Set(partitions.filter((each) => each.topic === topic).map(({ partition }) => partition));
          const offsets = committed.find((each) => each.topic === topic)?.partitions ?? [];
          for (const { partition, high, low } of await client.fetchTopicOffsets(topic)) {
            if (!held.has(partition)) continue;
            const offset = BigInt(offsets.find((each) => each.partition === partition)?.offset ?? '-1');
            // A group that has committed nothing begins at the first record.
            behind += BigInt(high) - (offset < 0n ? BigInt(low) : offset);
          }
        }
        return behind;
      }),
    close: (timeoutMs) => session.close(timeoutMs),
  };
}

/** kafkajs reports creation as an aggregate with one error a topic. */
function onlyError(error: unknown): unknown {
  const isAggregate = typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors);
  return isAggregate ? (error.errors as unknown[])[0] : error;
}
