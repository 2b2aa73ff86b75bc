export type { DeadLetter } from './consumer/dead-letter.js';
export { createInboxConsumer, type InboxConsumer, type InboxConsumerOptions } from './consumer/inbox-consumer.js';
export type { InboxLogger } from './consumer/inbox-logger.js';
export type { BrokerRetention } from './consumer/judge-retention.js';
export { type KafkaAdminLike, kafkaRetention } from './consumer/kafka-retention.js';
export type { DeadLetterQuery } from './consumer/list-dead-letters.js';
export type { Watermark } from './consumer/list-watermarks.js';
export { byCloudEventId, byOffset } from './consumer/read-message.js';
export type {
  ConsumedBatch,
  ConsumedBatchContext,
  ConsumedRecord,
  RecordSubscription,
  RecordTransport,
} from './consumer/record-transport.js';
export type { RedriveFilter, RedriveOptions, RedriveOutcome } from './consumer/redrive.js';
