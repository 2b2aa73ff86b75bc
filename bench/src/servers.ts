import { type KafkaServer, type PostgresServer, startKafka, startPostgres } from '@backstitch/devkit';

export interface Servers {
  readonly postgres: PostgresServer;
  /** Undefined where only the broker in memory is measured. */
  readonly kafka: KafkaServer | undefined;
  stop(): Promise<void>;
}

/** There is no server of the kind that was asked for. */
export class NoServer extends Error {
  override readonly name = 'NoServer';
}

/** Embedded, unless somebody says otherwise: figures must not depend on whether a Docker engine happens to run. */
export async function startServers({ withKafka }: { readonly withKafka: boolean }): Promise<Servers> {
  const postgres = await embeddedUnless('DATABASE_URL', () => startPostgres());
  try {
    const kafka = withKafka ? await ownKafka() : undefined;
    return {
      postgres,
      kafka,
      async stop() {
        await kafka?.stop();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function ownKafka(): Promise<KafkaServer> {
  const found = await embeddedUnless('KAFKA_BROKERS', () => startKafka());
  if (found.kind === 'none') {
    const tried = found.tried.map(({ way, reason }) => `${way}: ${reason}`).join('; ');
    throw new NoServer(`there is no Kafka (${tried}). Measure without one: --transport memory`);
  }
  if (found.kind === 'given') {
    // The example's topics have fixed names: what an earlier run left in them would be handled and counted with this one's.
    throw new NoServer('a broker of its own is needed, and KAFKA_BROKERS names one that is shared: unset it');
  }
  return found;
}

async function embeddedUnless<T>(given: string, start: () => Promise<T>): Promise<T> {
  if (process.env['BACKSTITCH_SERVERS'] !== undefined || process.env[given] !== undefined) return start();
  process.env['BACKSTITCH_SERVERS'] = 'embedded';
  try {
    return await start();
  } finally {
    delete process.env['BACKSTITCH_SERVERS'];
  }
}
