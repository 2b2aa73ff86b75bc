// A relay in a process of its own, on the built package: what it is given comes in the environment.
import { kafkaTransport } from '@backstitch/kafka';
import { createRelay, postgresOutboxStore } from '@backstitch/outbox';
import { postgresDatabase } from '@backstitch/postgres';
import kafkajs from 'kafkajs';
import pg from 'pg';

const { DATABASE_URL, KAFKA_BROKERS, RELAY_OPTIONS = '{}', SEND_TAKES_MS = '0' } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 4 });
const kafka = new kafkajs.Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
const transport = kafkaTransport({ kafka });
/** A far broker: while a send is under way its rows are held, and the process can be stopped in the middle of it. */
const farTransport = {
  ...transport,
  async send(records) {
    await new Promise((resolve) => setTimeout(resolve, Number(SEND_TAKES_MS)));
    return transport.send(records);
  },
};
const relay = createRelay({
  store: postgresOutboxStore({ database: postgresDatabase(pool) }),
  transport: SEND_TAKES_MS === '0' ? transport : farTransport,
  onDelivered: (rows) => process.send({ kind: 'delivered', rows: rows.length }),
  ...JSON.parse(RELAY_OPTIONS),
});
relay.start();
process.send({ kind: 'ready' });
// Its parent gone, nobody would end it.
process.on('disconnect', () => process.exit(1));
