// pg-transactional-outbox in a process of its own: `setup` makes its table, then it relays to Kafka until it is told to stop.
// Its handler gets one message at a time; the sends are gathered, so that it is not held back by one request to Kafka each.
import kafkajs from 'kafkajs';
import outbox from 'pg-transactional-outbox';
import pg from 'pg';

const { DATABASE_URL, KAFKA_BROKERS, TOPIC, MODE, LOAD } = process.env;
const atOnce = LOAD === 'drain' ? 500 : 100;
const url = new URL(DATABASE_URL);
const database = url.pathname.slice(1);
const connection = {
  ...{
    host: url.hostname,
    port: Number(url.port),
    user: url.username,
    password: decodeURIComponent(url.password),
    database,
  },
};
const table = {
  ...{ outboxOrInbox: 'outbox', database, schema: 'public', table: 'outbox' },
  ...{ listenerRole: url.username, handlerRole: url.username },
  ...{
    nextMessagesSchema: 'public',
    nextMessagesName: 'next_outbox_messages',
    publication: 'pub_ob',
    replicationSlot: `slot_${database}`,
  },
};

const client = new pg.Client({ connectionString: DATABASE_URL });
await client.connect();
await client.query(outbox.DatabaseSetup.dropAndCreateTable(table));
if (MODE === 'poll') {
  await client.query(outbox.DatabaseSetup.createPollingFunction(table));
  await client.query(outbox.DatabaseSetup.setupPollingIndexes(table));
} else {
  await client.query(`create publication pub_ob for table outbox with (publish = 'insert')`);
  await client.query(outbox.DatabaseSetup.setupReplicationSlot(table));
}

const kafka = new kafkajs.Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await producer.connect();

const waiting = [];
let isSending = false;
async function flush() {
  if (isSending || waiting.length === 0) return;
  isSending = true;
  const batch = waiting.splice(0);
  await producer.send({ topic: TOPIC, acks: -1, messages: batch.map(({ message }) => message) });
  for (const { done } of batch) done();
  process.send({ kind: 'sent', rows: batch.length });
  isSending = false;
  void flush();
}
const handler = {
  handle: (row) =>
    new Promise((done) => {
      waiting.push({ message: { key: row.aggregateId, value: JSON.stringify(row.payload) }, done });
      setImmediate(flush);
    }),
};
const config = {
  ...{ outboxOrInbox: 'outbox', dbListenerConfig: connection, dbHandlerConfig: { ...connection, max: 20 } },
  settings: {
    ...{
      dbSchema: 'public',
      dbTable: 'outbox',
      enableMaxAttemptsProtection: false,
      enablePoisonousMessageProtection: false,
    },
    ...{ nextMessagesFunctionName: 'next_outbox_messages', nextMessagesFunctionSchema: 'public' },
    // Its own defaults are 5 rows every half second. For a drain these were the fastest that were found. At a steady rate the lock is its default:
    // a row whose handling failed once ("could not obtain lock on row") is tried again when its lock has ended, and after 60 s came too late to
    // be counted. In a drain locks of 5 s end while a row still waits for one of the connections.
    ...{ nextMessagesBatchSize: atOnce, nextMessagesPollingIntervalInMs: 5 },
    ...{ nextMessagesLockInMs: LOAD === 'drain' ? 60_000 : 5_000 },
    ...{ dbPublication: 'pub_ob', dbReplicationSlot: table.replicationSlot },
  },
};

let stop = async () => undefined;
process.on('message', async ({ kind }) => {
  if (kind === 'start') {
    let told = 0;
    const tell = (...said) => {
      told += 1;
      if (told <= 3) console.error('pg-transactional-outbox:', ...said.map((each) => each?.message ?? each));
    };
    const logger = { ...outbox.getDisabledLogger(), warn: tell, error: tell, fatal: tell };
    [stop] =
      MODE === 'poll'
        ? outbox.initializePollingMessageListener(config, handler, logger, { batchSizeStrategy: async () => atOnce })
        : outbox.initializeReplicationMessageListener(config, handler, logger, {
            concurrencyStrategy: outbox.createReplicationSemaphoreConcurrencyController(LOAD === 'drain' ? 200 : 20),
          });
    return;
  }
  await Promise.race([stop(), new Promise((resolve) => setTimeout(resolve, 3_000))]);
  if (MODE !== 'poll')
    await client.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active`);
  process.exit(0);
});
process.on('disconnect', () => process.exit(1));
process.send({ kind: 'ready' });
