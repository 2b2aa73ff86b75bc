import { startContainer } from './docker-container.js';
import type { KafkaServer } from './kafka-server.js';
import { kafkaSettings } from './kafka-settings.js';
import { waitForKafka } from './wait-for-kafka.js';

const innerPort = 9092;

/**
 * A Kafka container. The image must take its settings from `KAFKA_…` variables and the cluster's id from
 * `CLUSTER_ID`, as `apache/kafka` does.
 */
export async function startDockerKafka(crashFriendly: boolean): Promise<KafkaServer> {
  const container = await startContainer({
    image: process.env['BACKSTITCH_KAFKA_IMAGE'] ?? 'apache/kafka:4.1.0',
    port: innerPort,
    environment: (port) => ({
      CLUSTER_ID: 'YmFja3N0aXRjaC1kZXZraQ',
      ...asVariables(
        kafkaSettings({
          port,
          listen: '0.0.0.0',
          inner: { client: innerPort, broker: 9094 },
          controllerPort: 9093,
          dataFolder: '/tmp/kafka-data',
          crashFriendly,
        }),
      ),
    }),
  });
  const brokers = [`${container.host === 'localhost' ? '127.0.0.1' : container.host}:${container.port}`];
  const ready = async (): Promise<void> => waitForKafka(brokers, { name: 'Kafka in Docker', within: 90_000 });
  try {
    await ready();
  } catch (error) {
    await container.remove();
    throw error;
  }
  return {
    kind: 'docker',
    brokers,
    stop: () => container.remove(),
    suspend: () => container.pause(),
    resume: () => container.unpause(),
    crash: () => container.kill(),
    restart: async () => {
      await container.start();
      await ready();
    },
  };
}

/** `log.dirs` is `KAFKA_LOG_DIRS`: none of these settings has an underscore or a dash of its own. */
function asVariables(settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`KAFKA_${key.toUpperCase().replaceAll('.', '_')}`, value]),
  );
}
