// A relay in a process of its own, on the built packages: what it is given comes in the environment.
import { kafkaTransport } from '@backstitch/kafka';
import { mysqlDatabase, mysqlOutboxStore } from '@backstitch/mysql';
import { createRelay } from '@backstitch/outbox';
import kafkajs from 'kafkajs';
import { createPool } from 'mysql2/promise';

const { MYSQL_URL, KAFKA_BROKERS, RELAY_OPTIONS = '{}' } = process.env;
const pool = createPool({ uri: MYSQL_URL, connectionLimit: 4 });
const kafka = new kafkajs.Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
const relay = createRelay({
  store: mysqlOutboxStore({ database: mysqlDatabase(pool) }),
  transport: kafkaTransport({ kafka }),
  ...JSON.parse(RELAY_OPTIONS),
});
relay.start();
process.send({ kind: 'ready' });
// Its parent gone, nobody would end it.
process.on('disconnect', () => process.exit(1));
