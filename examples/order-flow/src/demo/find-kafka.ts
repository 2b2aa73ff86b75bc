import { DevkitError, type KafkaServer, startKafka } from '@backstitch/devkit';

/** There is no broker, and why. */
export class NoBroker extends Error {
  override readonly name = 'NoBroker';
}

/** A real broker, or `NoBroker` naming the ways that were tried. Never one in memory: who asks for Kafka wants to see Kafka. */
export async function findKafka(quiet: boolean): Promise<KafkaServer> {
  const found = await startKafka({ quiet }).catch((error: unknown) => {
    if (error instanceof DevkitError) throw new NoBroker(`no Kafka: ${error.message}`, { cause: error });
    throw error;
  });
  if (found.kind !== 'none') return found;
  const tried = found.tried.map(({ way, reason }) => `  ${waysInWords[way]}: ${reason}\n`);
  throw new NoBroker(
    `--kafka needs a broker, and there is none to be had. It was tried:\n${tried.join('')}Without --kafka the demo needs none.`,
  );
}

const waysInWords = {
  env: 'a broker that KAFKA_BROKERS names',
  docker: 'a Docker engine',
  embedded: 'Java 17 with Maven',
} as const;
