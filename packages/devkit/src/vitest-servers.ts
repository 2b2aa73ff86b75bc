import type { TestProject } from 'vitest/node';
import { describeTried } from './choose-ways.js';
import type { KafkaServer, NoKafka } from './kafka-server.js';
import type { PostgresServer } from './postgres-server.js';
import { openServerDesk, type ServerDesk } from './server-desk.js';
import { startKafka } from './start-kafka.js';
import { startPostgres } from './start-postgres.js';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
    kafkaBrokers: string[] | null;
    /** Why there is no Kafka, or an empty string. */
    kafkaReason: string;
    /** Where to ask for servers that few files need. */
    serverDesk: string;
  }
}

interface SharedServers {
  users: number;
  readonly postgres: Promise<PostgresServer>;
  readonly kafka: Promise<KafkaServer | NoKafka>;
  readonly desk: Promise<ServerDesk>;
}

const key = Symbol.for('backstitch.devkit.servers');
// Every vitest project loads this module anew; the process they share is the place to meet.
const place = globalThis as typeof globalThis & { [key]?: SharedServers | undefined };

/** One Postgres and one Kafka for a whole run, however many projects ask for them. */
export async function setup(project: TestProject): Promise<void> {
  place[key] ??= { users: 0, postgres: startPostgres(), kafka: startKafka(), desk: openServerDesk() };
  const servers = place[key];
  servers.users++;
  // Both are awaited before one may fail: what has started must be there to be stopped.
  const [postgres, kafka] = await Promise.allSettled([servers.postgres, servers.kafka]);
  if (postgres.status === 'rejected' || kafka.status === 'rejected') {
    await teardown();
    throw postgres.status === 'rejected' ? postgres.reason : kafka.status === 'rejected' ? kafka.reason : undefined;
  }
  project.provide('serverDesk', (await servers.desk).url);
  project.provide('postgresUrl', postgres.value.url);
  project.provide('kafkaBrokers', kafka.value.kind === 'none' ? null : kafka.value.brokers);
  project.provide('kafkaReason', kafka.value.kind === 'none' ? describeTried(kafka.value.tried) : '');
}

export async function teardown(): Promise<void> {
  const servers = place[key];
  if (servers === undefined || --servers.users > 0) return;
  place[key] = undefined;
  const [postgres, kafka] = await Promise.allSettled([servers.postgres, servers.kafka]);
  await Promise.all([
    servers.desk.then((desk) => desk.close()),
    postgres.status === 'fulfilled' ? postgres.value.stop() : undefined,
    kafka.status === 'fulfilled' && kafka.value.kind !== 'none' ? kafka.value.stop() : undefined,
  ]);
}
