import { randomUUID } from 'node:crypto';
import { type Debezium, startDebezium, startPostgres } from '@backstitch/devkit';
import { kafkaTransport } from '@backstitch/kafka';
import { type Database, migrate, postgresDatabase } from '@backstitch/postgres';
import createKnex, { type Knex } from 'knex';
import kafkajs from 'kafkajs';
import {
  debeziumConnectorConfig,
  debeziumNames,
  debeziumSetupSql,
  outboxMigrations,
  postgresOutboxStore,
  type OutboxStore,
} from '../../src/index.js';

/** A Postgres of its own with logical decoding, the outbox in it, and the real Debezium that reads it. */
export interface CdcGround {
  readonly knex: Knex;
  readonly database: Database<Knex.Transaction>;
  readonly store: OutboxStore;
  readonly debezium: Debezium;
  readonly slot: string;
  end(): Promise<void>;
}

/** The way of docs/how-to/relay-with-debezium.md, with a role that may do no more than it must. */
export async function openCdcGround(brokers: readonly string[]): Promise<CdcGround> {
  const closing: (() => Promise<unknown>)[] = [];
  const end = async (): Promise<void> => {
    for (const close of closing.reverse()) await close();
  };
  try {
    const server = await startPostgres({ quiet: true, walLevel: 'logical' });
    closing.push(() => server.stop());
    const url = await server.createDatabase();
    const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 12 } });
    closing.push(() => knex.destroy());
    const database: Database<Knex.Transaction> = postgresDatabase(knex);
    await migrate(database, outboxMigrations);
    const [name, user, password] = [`t${randomUUID().slice(0, 8)}`, `debezium_${randomUUID().slice(0, 8)}`, 'secret'];
    await database.sql.query(`create role ${user} with login replication password '${password}'`);
    // How often the server tells where it is: twice in that time, which is 60 seconds by default.
    await database.sql.query(`alter role ${user} set wal_sender_timeout = '2s'`);
    for (const statement of debeziumSetupSql({ name, user }).split(';\n').slice(0, -1))
      await database.sql.query(statement);
    await createHeartbeatTopic(brokers, debeziumNames(name).heartbeatTopic);
    const { hostname: host, port, pathname } = new URL(url);
    const config = debeziumConnectorConfig({
      name,
      database: { host, port: Number(port), name: pathname.slice(1), user, password },
      heartbeatIntervalMs: 500,
    });
    const debezium = await startDebezium({ brokers, connector: { name, config } });
    closing.push(() => debezium.stop());
    const { slot } = debeziumNames(name);
    await untilStreaming(database, slot);
    return { knex, database, store: postgresOutboxStore({ database }), debezium, slot, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Before its slot is there, what is inserted is not published. */
async function untilStreaming(database: Database<unknown>, slot: string): Promise<void> {
  await untilRow(database, `select 1 from pg_replication_slots where slot_name = '${slot}' and active`);
}

/** Asks until the query answers a row. */
export async function untilRow(database: Database<unknown>, query: string): Promise<void> {
  while ((await database.sql.query(query)).rows.length === 0) await database.sql.query('select pg_sleep(0.1)');
}

async function createHeartbeatTopic(brokers: readonly string[], topic: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const transport = kafkaTransport({ kafka });
  await transport.ensureTopics([{ topic, partitions: 1 }]);
  await transport.close();
}
