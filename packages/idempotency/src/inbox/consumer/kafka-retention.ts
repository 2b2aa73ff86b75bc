import type { BrokerRetention } from './judge-retention.js';

/** What is used of kafkajs's admin client. */
export interface KafkaAdminLike {
  describeConfigs(request: {
    readonly includeSynonyms: boolean;
    readonly resources: { type: number; name: string; configNames: string[] }[];
  }): Promise<{
    readonly resources: readonly {
      readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
    }[];
  }>;
}

const topicResource = 2;

/** Asks the broker how long it keeps a topic, by `retention.ms` and `cleanup.policy`. The admin client is connected by its owner. */
export function kafkaRetention(admin: KafkaAdminLike): (topic: string) => Promise<BrokerRetention> {
  return async (topic) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: topicResource, name: topic, configNames: ['retention.ms', 'cleanup.policy'] }],
    });
    const entries = resources.flatMap((resource) => resource.configEntries);
    const setting = (name: string) => entries.find((entry) => entry.configName === name)?.configValue ?? undefined;
    return retentionOf(setting('retention.ms'), setting('cleanup.policy'));
  };
}

function retentionOf(retention: string | undefined, policy: string | undefined): BrokerRetention {
  // `compact,delete` deletes as well.
  if (policy !== undefined && !policy.split(',').includes('delete')) return { kind: 'unlimited' };
  const retentionMs = Number(retention);
  if (retention === undefined || !Number.isFinite(retentionMs)) {
    return { kind: 'unknown', reason: 'the broker did not say how long it keeps the topic' };
  }
  return retentionMs < 0 ? { kind: 'unlimited' } : { kind: 'limited', retentionMs };
}
