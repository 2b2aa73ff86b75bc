export { KafkaTransportError, type KafkaErrorCode, kafkaErrorCodes } from './errors.js';
export type { KafkaClient } from './kafka-client.js';
export { kafkaTransport } from './kafka-transport.js';
export { kafkaLogCreator } from './log-creator.js';
export type { HeaderLimits, KafkaTransportOptions } from './transport-options.js';
