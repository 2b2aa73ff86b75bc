import { randomUUID } from 'node:crypto';
import kafkajs, { type Consumer, type Kafka, type Producer } from 'kafkajs';
import { runLoad } from './load.js';
import { percentile } from './summary.js';

export interface RawKafka {
  /** 300-byte records, 500 a request, one request at a time, acks from all in-sync replicas. */
  readonly recordsPerSecond: number;
  /** From a lone `send` to the consumer's handler, in milliseconds. */
  readonly hopP50Ms: number;
}

const requestRecords = 500;
const recordBytes = 300;
const hops = 200;

/** What the same client does on the same broker with nothing around it. */
export interface RawKafkaProbe {
  measure(forMs: number): Promise<RawKafka>;
  stop(): Promise<void>;
}

export async function createRawKafkaProbe(kafka: Kafka): Promise<RawKafkaProbe> {
  const bulk = `bench-raw-bulk-${randomUUID()}`;
  const echo = `bench-raw-hop-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [bulk, echo].map((topic) => ({ topic, numPartitions: 3 })),
    waitForLeaders: true,
  });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  const consumer = kafka.consumer({ groupId: echo, maxWaitTimeInMs: 500 });
  await Promise.all([producer.connect(), consumer.connect()]);
  const hop = await listen(consumer, echo, producer);
  return {
    async measure(forMs) {
      const recordsPerSecond = await produceRate(producer, bulk, forMs);
      const { latenciesMs } = await runLoad({ total: hops, inFlight: 1, run: hop });
      return { recordsPerSecond, hopP50Ms: percentile(latenciesMs, 0.5) };
    },
    async stop() {
      await Promise.all([producer.disconnect(), consumer.disconnect()]);
    },
  };
}

/** Answers a function that sends one record and resolves when the consumer has it. */
async function listen(consumer: Consumer, topic: string, producer: Producer): Promise<() => Promise<void>> {
  const arrivals = new Map<string, () => void>();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 1_000,
    eachMessage: async ({ message }) => arrivals.get(String(message.key))?.(),
  });
  const value = Buffer.alloc(recordBytes, 'x');
  return async () => {
    const key = randomUUID();
    const arrived = new Promise<void>((resolve) => arrivals.set(key, resolve));
    await producer.send({ topic, acks: -1, messages: [{ key, value }] });
    await arrived;
    arrivals.delete(key);
  };
}

async function produceRate(producer: Producer, topic: string, forMs: number): Promise<number> {
  const value = Buffer.alloc(recordBytes, 'x');
  const beganMs = performance.now();
  let records = 0;
  while (performance.now() - beganMs < forMs) {
    const messages = Array.from({ length: requestRecords }, (_, at) => ({ key: String(records + at), value }));
    await producer.send({ topic, acks: -1, messages });
    records += requestRecords;
  }
  return (records / (performance.now() - beganMs)) * 1_000;
}
