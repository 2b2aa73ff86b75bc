import { type DriverOptions, type DriverSettings, invalid, resolveDriverOptions } from '@backstitch/kafka-driver';
import type { KafkaClient } from './kafka-client.js';

export interface KafkaTransportOptions extends DriverOptions {
  /** Your own kafkajs instance, unbundled: its header decoder is replaced by a linear one (see the README). */
  readonly kafka: KafkaClient;
}

export interface TransportSettings extends DriverSettings {
  readonly kafka: KafkaClient;
}

/** Checks each option once. Throws `KAFKA_OPTION_INVALID` with the field, the value found and what to do. */
export function resolveOptions(options: KafkaTransportOptions): TransportSettings {
  return { kafka: requireClient(options.kafka), ...resolveDriverOptions(options) };
}

function requireClient(kafka: KafkaClient): KafkaClient {
  for (const method of ['admin', 'consumer', 'producer'] as const) {
    if (typeof kafka?.[method] !== 'function')
      throw invalid('kafka', typeof kafka, 'Give a Kafka instance of kafkajs 2.');
  }
  return kafka;
}
