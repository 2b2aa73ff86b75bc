import { describeTried } from './choose-ways.js';
import { DevkitError } from './devkit-error.js';
import { startDockerKafka } from './docker-kafka.js';
import { probeEmbeddedKafka, startEmbeddedKafka } from './embedded-kafka.js';
import type { KafkaServer, NoKafka } from './kafka-server.js';
import { say } from './say.js';
import { tryWays } from './try-ways.js';
import { waitForKafka } from './wait-for-kafka.js';

export interface StartKafkaOptions {
  /** Notices a dead broker in seconds instead of a dozen, for tests that kill it. */
  readonly crashFriendly?: boolean;
  /** Says nothing about the choice. */
  readonly quiet?: boolean;
}

/** A Kafka from the environment, a container or Maven, in this order, or the reasons why there is none. */
export async function startKafka(options: StartKafkaOptions = {}): Promise<KafkaServer | NoKafka> {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',').filter((broker) => broker !== '');
  const crashFriendly = options.crashFriendly === true;
  const outcome = await tryWays<KafkaServer>(
    {
      env: {
        probe: brokers.length === 0 ? { kind: 'closed', reason: 'no KAFKA_BROKERS' } : { kind: 'open' },
        start: async () => givenKafka(brokers),
      },
      docker: { start: async () => startDockerKafka(crashFriendly) },
      embedded: { probe: probeEmbeddedKafka, start: async () => startEmbeddedKafka(crashFriendly) },
    },
    process.env,
  );
  const tried = describeTried(outcome.tried);
  if (outcome.kind === 'none') {
    if (process.env['BACKSTITCH_REQUIRE_KAFKA'] === '1') {
      throw new DevkitError('DEVKIT_NO_KAFKA', `Kafka is required here, and there is none: ${tried}.`);
    }
    if (options.quiet !== true) say(`no Kafka (${tried})`);
    return { kind: 'none', tried: outcome.tried };
  }
  if (options.quiet !== true) {
    const { kind, brokers: at } = outcome.server;
    say(`Kafka ${kind} at ${at.join(',')} (${outcome.way === 'env' ? 'KAFKA_BROKERS' : tried})`);
  }
  return outcome.server;
}

async function givenKafka(brokers: string[]): Promise<KafkaServer> {
  await waitForKafka(brokers, { name: 'The Kafka of KAFKA_BROKERS', within: 15_000 });
  return { kind: 'given', brokers, stop: async () => undefined };
}
