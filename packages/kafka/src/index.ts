export { type HeaderLimits, type KafkaErrorCode, KafkaTransportError, kafkaErrorCodes } from '@backstitch/kafka-driver';
export type { KafkaClient } from './kafka-client.js';
export { kafkaTransport } from './kafka-transport.js';
export { kafkaLogCreator } from './log-creator.js';
export type { KafkaTransportOptions } from './transport-options.js';
