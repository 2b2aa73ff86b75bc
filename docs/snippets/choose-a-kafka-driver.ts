// #region kafkajs
import { kafkaTransport } from '@backstitch/kafka';
import { Kafka } from 'kafkajs';

export const overKafkajs = kafkaTransport({ kafka: new Kafka({ clientId: 'orders', brokers: ['localhost:9092'] }) });
// #endregion kafkajs

// #region platformatic
import { platformaticTransport } from '@backstitch/kafka-platformatic';

export const overPlatformatic = platformaticTransport({
  client: { clientId: 'orders', bootstrapBrokers: ['localhost:9092'] },
});
// #endregion platformatic

import { type Subscription, silentLogger as logger } from '@backstitch/messaging';

const subscription: Subscription = await overPlatformatic.subscribe({
  group: 'orders',
  topics: ['order.events'],
  handle: async () => undefined,
});

// #region stopped
subscription.stopped.catch((error: unknown) => {
  logger.error({ err: error }, 'the consumer is lost');
  process.exit(1);
});
// #endregion stopped
