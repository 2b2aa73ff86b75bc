import { kafkaLogCreator, kafkaTransport } from '@backstitch/kafka';
import { platformaticTransport } from '@backstitch/kafka-platformatic';
import type { Logger, Transport } from '@backstitch/messaging';
import { Kafka } from 'kafkajs';
import { namespacedTransport } from '../transport/namespaced-transport.js';
import { type SilenceableTransport, silenceableTransport } from '../transport/silenceable-transport.js';
import { EnvironmentError, optional, required } from './environment.js';
import { isKafkaDriver, type KafkaDriver, kafkaDrivers } from './kafka-driver.js';

/**
 * The broker of `KAFKA_BROKERS`, a comma-separated list, through the driver that `KAFKA_DRIVER` names. `TOPIC_PREFIX`, if set, stands before every
 * topic and group. The session is as short as a broker's defaults allow, so that the partitions of a killed service move on within seconds.
 */
export function connectKafka({
  name,
  logger,
}: {
  readonly name: string;
  readonly logger: Logger;
}): SilenceableTransport {
  const driver = optional('KAFKA_DRIVER') ?? 'kafkajs';
  if (!isKafkaDriver(driver)) {
    throw new EnvironmentError(`KAFKA_DRIVER is "${driver}". Give one of ${kafkaDrivers.join(', ')}.`);
  }
  const transport = transports[driver](name, logger);
  return silenceableTransport(namespacedTransport(transport, optional('TOPIC_PREFIX') ?? ''));
}

const session = { sessionTimeoutMs: 6_000, heartbeatIntervalMs: 1_000 };

const transports: Record<KafkaDriver, (name: string, logger: Logger) => Transport> = {
  kafkajs(clientId, logger) {
    const kafka = new Kafka({ clientId, brokers: brokers(), logCreator: kafkaLogCreator(logger) });
    return kafkaTransport({ kafka, logger, ...session });
  },
  platformatic: (clientId, logger) =>
    platformaticTransport({ client: { clientId, bootstrapBrokers: brokers() }, logger, ...session }),
};

function brokers(): string[] {
  return required('KAFKA_BROKERS').split(',');
}
