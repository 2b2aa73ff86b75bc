// A relay in a process of its own, on the built package: what it is given comes in the environment.
import { kafkaTransport } from '@backstitch/kafka';
import { createRelay, postgresOutboxStore } from '@backstitch/outbox';
import { postgresDatabase } from '@backstitch/postgres';
import kafkajs from 'kafkajs';
import pg from 'pg';

const { DATABASE_URL, KAFKA_BROKERS, RELAY_OPTIONS = '{}', SEND_TAKES_MS = '0', DIES } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 4 });
const kafka = new kafkajs.Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
const transport = kafkaTransport({ kafka });
/** At the point that it is told it says how many rows are in its hands, and is gone. */
const reach = async (point, rows) => {
  if (point === DIES && rows > 0)
    await new Promise(() => process.send({ kind: 'dying', rows }, () => process.kill(process.pid, 'SIGKILL')));
};
/** A far broker: while a send is under way its rows are held, and the process can be stopped in the middle of it. */
const farTransport = {
  ...transport,
  async send(records) {
    if (SEND_TAKES_MS !== '0') await new Promise((resolve) => setTimeout(resolve, Number(SEND_TAKES_MS)));
    const outcomes = await transport.send(records);
    await reach('sent', records.length);
    return outcomes;
  },
};
const store = postgresOutboxStore({ database: postgresDatabase(pool) });
const mortalStore = {
  ...store,
  async claim(options) {
    const rows = await store.claim(options);
    await reach('claimed', rows.length);
    return rows;
  },
  async settle(settlements) {
    const settled = await store.settle(settlements);
    await reach('settled', settled.length);
    return settled;
  },
};
const relay = createRelay({
  store: mortalStore,
  transport: farTransport,
  onDelivered: (rows) => process.send({ kind: 'delivered', rows: rows.length }),
  ...JSON.parse(RELAY_OPTIONS),
});
relay.start();
process.send({ kind: 'ready' });
// Its parent gone, nobody would end it.
process.on('disconnect', () => process.exit(1));
