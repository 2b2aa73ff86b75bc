export { type HeaderLimits, type KafkaErrorCode, KafkaTransportError, kafkaErrorCodes } from '@backstitch/kafka-driver';
export { platformaticTransport } from './platformatic-transport.js';
export type { ClientOptions, PlatformaticTransportOptions, SaslOptions } from './transport-options.js';
