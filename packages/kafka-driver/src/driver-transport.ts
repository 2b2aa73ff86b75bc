import { MessagingError, type Subscription, type Transport } from '@backstitch/messaging';
import { createDelivery } from './deliver-entries.js';
import { ensureTopics } from './ensure-topics.js';
import type { GroupMember, GroupMemberOptions } from './group-member.js';
import { openSubscription } from './open-subscription.js';
import type { ProducerPort } from './producer-port.js';
import { createSendQueue } from './send-queue.js';
import type { TopicAdmin } from './topic-admin.js';
import { createTopicDirectory } from './topic-directory.js';
import type { DriverSettings } from './transport-options.js';

/** A Kafka client, by what a transport needs of it. */
export interface Driver {
  readonly admin: TopicAdmin;
  readonly producer: ProducerPort;
  readonly newMember: (options: GroupMemberOptions) => GroupMember;
}

/** A `Transport` over a client. Nothing connects before it is used. */
export function createDriverTransport({ admin, producer, newMember }: Driver, settings: DriverSettings): Transport {
  const { closeTimeoutMs } = settings;
  const topics = createTopicDirectory(admin);
  const queue = createSendQueue(createDelivery({ producer, topics, maxRecordBytes: settings.maxRecordBytes }));
  const subscriptions = new Set<Subscription>();
  const opening = new Set<Promise<Subscription>>();
  let closing: Promise<void> | undefined;

  const requireOpen = (): void => {
    if (closing === undefined) return;
    throw new MessagingError('TRANSPORT_CLOSED', 'the transport is closed', {
      hint: 'Close it last, after everything that uses it.',
    });
  };

  const close = async (): Promise<void> => {
    await Promise.allSettled(opening);
    // Handlers that still run may send: the producer goes when they have ended.
    await Promise.all([...subscriptions].map((subscription) => subscription.close()));
    await queue.close();
    await Promise.all([producer.close(closeTimeoutMs), admin.close(closeTimeoutMs)]);
  };

  return {
    send: (records) => queue.send(records),
    async subscribe(subscribeOptions) {
      requireOpen();
      const attempt = openSubscription(subscribeOptions, { settings, newMember, lag: admin.lag });
      opening.add(attempt);
      try {
        const subscription = await attempt;
        subscriptions.add(subscription);
        subscription.stopped.finally(() => subscriptions.delete(subscription)).catch(() => undefined);
        return subscription;
      } finally {
        opening.delete(attempt);
      }
    },
    async ensureTopics(specs) {
      requireOpen();
      await ensureTopics(specs, admin, topics);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
