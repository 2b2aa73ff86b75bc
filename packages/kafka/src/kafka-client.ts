import type { Kafka } from 'kafkajs';

/** The user's own `Kafka` instance, by what is asked of it. */
export type KafkaClient = Pick<Kafka, 'admin' | 'consumer' | 'producer'>;
