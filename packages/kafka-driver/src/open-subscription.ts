import type { SubscribeOptions, Subscription } from '@backstitch/messaging';
import type { GroupMember, GroupMemberOptions } from './group-member.js';
import { GroupSubscription } from './group-subscription.js';
import { createRedeliveryDelays } from './redelivery-delays.js';
import type { TopicAdmin } from './topic-admin.js';
import { type DriverSettings, integer, invalid } from './transport-options.js';

export interface SubscriptionParts {
  readonly settings: DriverSettings;
  readonly newMember: (options: GroupMemberOptions) => GroupMember;
  readonly lag: TopicAdmin['lag'];
}

/** Checks the options, joins the group and answers the subscription. */
export async function openSubscription(options: SubscribeOptions, parts: SubscriptionParts): Promise<Subscription> {
  const { group, handle } = options;
  const { settings } = parts;
  if (typeof group !== 'string' || group === '') throw invalid('group', group, 'Give the name of a consumer group.');
  if (options.topics.length === 0 || options.topics.includes('')) {
    throw invalid('topics', options.topics, 'Give the names of the topics to read.');
  }
  const topics = [...new Set(options.topics)];
  const maxBatchRecords = integer('maxBatchRecords', options.maxBatchRecords ?? 500, { least: 1, most: 1_000_000 });
  // Outlives each member: a partition that is rejected again after a crash goes on with its longer pause.
  const delays = createRedeliveryDelays({ firstMs: settings.redeliveryDelayMs, mostMs: settings.maxRedeliveryDelayMs });
  const subscription = new GroupSubscription({
    group,
    topics,
    closeTimeoutMs: settings.closeTimeoutMs,
    stallTimeoutMs: settings.stallTimeoutMs,
    logger: settings.logger,
    lag: parts.lag,
    newMember: (events) => parts.newMember({ group, topics, handle, maxBatchRecords, delays, settings, ...events }),
  });
  await subscription.open();
  return subscription;
}
