import { kafkaLogCreator, kafkaTransport } from '@backstitch/kafka';
import { silentLogger, type Transport } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { Kafka } from 'kafkajs';

export function memoryTransports(): () => Transport {
  const broker = createInMemoryBroker();
  return () => broker.transport();
}

export function kafkaTransports(brokers: readonly string[]): (service: string) => Transport {
  return (service) => kafkaTransport({ kafka: kafkaClient(brokers, service) });
}

export function kafkaClient(brokers: readonly string[], clientId: string): Kafka {
  return new Kafka({ clientId, brokers: [...brokers], logCreator: kafkaLogCreator(silentLogger) });
}
