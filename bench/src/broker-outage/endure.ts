import { setTimeout as delay } from 'node:timers/promises';
import { kafkaTransport } from '@backstitch/kafka';
import { silentLogger } from '@backstitch/messaging';
import { createOutbox, createRelay, outboxMigrations, type Outbox, postgresOutboxStore } from '@backstitch/outbox';
import { type Database, migrate, postgresDatabase } from '@backstitch/postgres';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { readBack } from './read-back.js';

/** A broker that can be frozen and killed. */
export interface Mortal {
  readonly brokers: string[];
  suspend(): Promise<void>;
  crash(): Promise<void>;
  restart(): Promise<void>;
}

export interface EndureOptions {
  readonly databaseUrl: string;
  readonly kafka: Mortal;
  readonly outageMs: number;
  readonly rowsPerSecond: number;
}

export interface Endured {
  readonly outageSeconds: number;
  /** Written before, during and after it. */
  readonly rows: number;
  readonly rowsWrittenMeanwhile: number;
  /** Sends that met broker trouble. */
  readonly troubles: number;
  /** Looks at the table during the outage, one a second. */
  readonly looks: number;
  readonly retriesSpent: number;
  readonly rowsFailed: number;
  /** From the broker's return to the last row's acknowledgement. */
  readonly drainSeconds: number;
  readonly duplicates: number;
  /** Empty where everything is as it should be. */
  readonly faults: readonly string[];
}

const topic = 'outage';
const keys = 7;

/** Publishes through an outage with two relays, one that is given rows from memory and one that polls. */
export async function endure({ databaseUrl, kafka, outageMs, rowsPerSecond }: EndureOptions): Promise<Endured> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const database = postgresDatabase(pool);
  await migrate(database, outboxMigrations);
  const client = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING });
  const transports = [kafkaTransport({ kafka: client }), kafkaTransport({ kafka: client })];
  let troubles = 0;
  const warn = (fields: unknown): void => {
    if (typeof fields === 'object' && fields !== null && 'pauseMs' in fields) troubles += 1;
  };
  const relays = transports.map((transport) =>
    createRelay({ store: postgresOutboxStore({ database }), transport, logger: { ...silentLogger, warn } }),
  );
  await transports[0]?.ensureTopics([{ topic, partitions: 3 }]);
  for (const relay of relays) relay.start();
  // None to spend: a single one would make the row FAILED.
  const outbox = createOutbox({ database, maxRetries: 0, ...(relays[0] === undefined ? {} : { relay: relays[0] }) });
  const writer = startWriter(outbox, rowsPerSecond);
  try {
    await untilEmpty(database, writer.count);
    await kafka.suspend();
    const [beganAtMs, writtenBefore] = [performance.now(), writer.count()];
    const looks = [...(await lookOn(database, outageMs / 2))];
    await kafka.crash();
    looks.push(...(await lookOn(database, outageMs - (performance.now() - beganAtMs))));
    const rowsWrittenMeanwhile = writer.count() - writtenBefore;
    const outageSeconds = Math.round((performance.now() - beganAtMs) / 1_000);
    await kafka.restart();
    const backAtMs = performance.now();
    await writer.stop();
    await untilEmpty(database, () => 0);
    const drainSeconds = Math.round((performance.now() - backAtMs) / 100) / 10;
    const { retries, failed } = await spent(database);
    const { duplicates, faults } = await readBack({ kafka: client, topic, rows: writer.count() });
    const table = [...looks, { retries, failed }].filter((look) => look.retries > 0 || look.failed > 0);
    return {
      ...{ outageSeconds, rows: writer.count(), rowsWrittenMeanwhile, troubles, looks: looks.length },
      ...{ retriesSpent: retries, rowsFailed: failed, drainSeconds, duplicates },
      faults: [
        ...faults,
        ...(table.length > 0 ? [`${table.length} looks found a retry or a FAILED row`] : []),
        ...(troubles === 0 ? ['no send met trouble: there was no outage'] : []),
      ],
    };
  } finally {
    await writer.stop();
    for (const relay of relays) await relay.stop();
    for (const transport of transports) await transport.close();
    await pool.end();
  }
}

interface Writer {
  /** Rows that are committed. */
  count(): number;
  stop(): Promise<void>;
}

/** One after the other, so that each key has an order: key and number of the row are its payload. */
function startWriter(outbox: Outbox<pg.PoolClient>, rowsPerSecond: number): Writer {
  let count = 0;
  let goesOn = true;
  const write = async (): Promise<void> => {
    while (goesOn) {
      const key = `k${count % keys}`;
      const event = { topic, aggregateType: 'soak', aggregateId: key, type: 'Written', payload: { key, n: count } };
      await outbox.transaction((_trx, publish) => publish(event));
      count += 1;
      await delay(1_000 / rowsPerSecond);
    }
  };
  const done = write();
  done.catch(() => undefined);
  return {
    count: () => count,
    stop: async () => {
      goesOn = false;
      await done;
    },
  };
}

interface Look {
  readonly retries: number;
  readonly failed: number;
}

async function spent(database: Database<pg.PoolClient>): Promise<Look> {
  const { rows } = await database.sql.query<Look>(
    `select coalesce(sum(retry_count), 0)::integer as retries, (count(*) filter (where status in ('FAILED', 'RETRY')))::integer as failed
       from backstitch.outbox_events`,
  );
  return rows[0] ?? { retries: 0, failed: 0 };
}

/** Looks at the table once a second for so long. */
async function lookOn(database: Database<pg.PoolClient>, ms: number): Promise<readonly Look[]> {
  const looks: Look[] = [];
  const endsAtMs = performance.now() + ms;
  while (performance.now() < endsAtMs) {
    looks.push(await spent(database));
    await delay(Math.min(1_000, Math.max(0, endsAtMs - performance.now())));
  }
  return looks;
}

/** Resolves when more than none is written and nothing is unsent, or all but what is just being written. */
async function untilEmpty(database: Database<pg.PoolClient>, written: () => number): Promise<void> {
  const leftSql = `select count(*)::integer as unsent from backstitch.outbox_events where status <> 'SENT'`;
  for (;;) {
    const { rows } = await database.sql.query<{ unsent: number }>(leftSql);
    const unsent = rows[0]?.unsent ?? 0;
    if (unsent === 0 || (written() > 50 && unsent < 5)) return;
    await delay(100);
  }
}
