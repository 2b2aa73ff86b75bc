import { type SubscribedMember, spreadPartitions } from '@backstitch/kafka-driver';
import type { Logger } from '@backstitch/messaging';
import kafkajs, { type Cluster, type PartitionAssigner } from 'kafkajs';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const name = 'BackstitchSubscriptionAssigner';
const version = 1;
const userData = Buffer.alloc(0);

/**
 * Gives a member only partitions of topics that it reads, and reads all topics that any member named. kafkajs' own assigner spreads the
 * leader's topics over everybody: in a rolling deployment that adds a topic, partitions would fall to members that do not read them, and
 * stand still until the last old process is gone.
 */
export function subscriptionAssigner(logger: Logger): PartitionAssigner {
  return ({ cluster }) => ({
    name,
    version,
    protocol: ({ topics }) => ({ name, metadata: MemberMetadata.encode({ version, topics, userData }) }),
    async assign({ members, topics }) {
      const subscribed = members.map(
        ({ memberId, memberMetadata }): SubscribedMember => ({
          id: memberId,
          topics: MemberMetadata.decode(memberMetadata)?.topics ?? [],
        }),
      );
      const partitions = await partitionsOf(cluster, { own: topics, members: subscribed, logger });
      return [...spreadPartitions(subscribed, partitions)].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({ version, assignment, userData }),
      }));
    },
  });
}

async function partitionsOf(
  cluster: Cluster,
  group: { readonly own: readonly string[]; readonly members: readonly SubscribedMember[]; readonly logger: Logger },
): Promise<Map<string, number[]>> {
  const ids = (metadata: readonly { readonly partitionId: number }[]): number[] =>
    metadata.map(({ partitionId }) => partitionId).sort((one, other) => one - other);
  const partitions = new Map(group.own.map((topic) => [topic, ids(cluster.findTopicPartitionMetadata(topic))]));
  const foreign = new Set(group.members.flatMap(({ topics }) => topics).filter((topic) => !partitions.has(topic)));
  if (foreign.size === 0) return partitions;
  try {
    // The leader's own client knows only its own topics, and must not go on refreshing those of others.
    const { topicMetadata } = await cluster.metadata();
    for (const { topic, partitionMetadata } of topicMetadata) {
      if (foreign.has(topic)) partitions.set(topic, ids(partitionMetadata));
    }
  } catch (error) {
    group.logger.warn(
      { topics: [...foreign], err: error },
      'topics of other members stay unassigned until the next rebalance',
    );
  }
  return partitions;
}
