import { describe, inject } from 'vitest';
import { type CrashableKafka, startCrashableKafka } from './crashable-kafka.js';
import { createDatabase, dropDatabase } from './create-database.js';
import { DevkitError } from './devkit-error.js';
import { whyNoDebezium } from './start-debezium.js';
import type {} from './vitest-servers.js';

export { type CrashableKafka, startCrashableKafka };

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A fresh database on the run's Postgres. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = inject('postgresUrl');
  if (server === undefined) {
    throw new DevkitError(
      'DEVKIT_OUTSIDE_VITEST',
      'No server runs: this test belongs into *.int.test.ts or *.e2e.test.ts.',
    );
  }
  const url = await createDatabase(server);
  return { url, drop: () => dropDatabase(server, new URL(url).pathname.slice(1)) };
}

/** The run's Kafka, or null when there is none. */
export function kafkaBrokers(): string[] | null {
  return inject('kafkaBrokers') ?? null;
}

/** A `describe` that is reported as skipped, with the reason in its name, where there is no Kafka. */
export function describeWithKafka(name: string, fn: () => void): void {
  if (kafkaBrokers() !== null) describe(name, fn);
  else describe.skip(`${name} [skipped, no Kafka: ${inject('kafkaReason')}]`, fn);
}

/** A `describe` that is reported as skipped, with the reason in its name, where the real Debezium cannot be run. To be awaited. */
export async function describeWithDebezium(name: string, fn: () => void): Promise<void> {
  const reason = kafkaBrokers() === null ? `no Kafka: ${inject('kafkaReason')}` : await whyNoDebezium();
  if (reason === undefined) return void describe(name, fn);
  if (process.env['BACKSTITCH_REQUIRE_KAFKA'] === '1') {
    throw new DevkitError('DEVKIT_NO_KAFKA', `Debezium is required here, and there is none: ${reason}.`);
  }
  describe.skip(`${name} [skipped, no Debezium: ${reason}]`, fn);
}
