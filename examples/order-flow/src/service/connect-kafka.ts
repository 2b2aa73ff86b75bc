import { kafkaLogCreator, kafkaTransport } from '@backstitch/kafka';
import type { Logger } from '@backstitch/messaging';
import { Kafka } from 'kafkajs';
import { namespacedTransport } from '../transport/namespaced-transport.js';
import { type SilenceableTransport, silenceableTransport } from '../transport/silenceable-transport.js';
import { optional, required } from './environment.js';

/**
 * The broker of `KAFKA_BROKERS`, a comma-separated list. `TOPIC_PREFIX`, if set, stands before every topic and group. The session is as
 * short as a broker's defaults allow, so that the partitions of a killed service move on within seconds.
 */
export function connectKafka({
  name,
  logger,
}: {
  readonly name: string;
  readonly logger: Logger;
}): SilenceableTransport {
  const kafka = new Kafka({
    clientId: name,
    brokers: required('KAFKA_BROKERS').split(','),
    logCreator: kafkaLogCreator(logger),
  });
  const transport = kafkaTransport({ kafka, logger, sessionTimeoutMs: 6_000, heartbeatIntervalMs: 1_000 });
  return silenceableTransport(namespacedTransport(transport, optional('TOPIC_PREFIX') ?? ''));
}
