import kafkajs, { type Kafka } from 'kafkajs';
import { round } from '../environment.js';
import { percentile } from '../summary.js';
import type { Candidate } from './candidate.js';

/**
 * Rows a second from a standing start until Kafka has acknowledged the last of `rows` that waited; of who is not done by then, the rate up to
 * `withinMs`, which flatters him: later rows are found behind more that are done.
 */
export async function measureDrain(candidate: Candidate, rows: number, withinMs: number): Promise<number> {
  await candidate.fill(rows);
  const beganAtMs = performance.now();
  candidate.start();
  const timeout = new Promise<'not in time'>((resolve) => setTimeout(() => resolve('not in time'), withinMs).unref());
  await Promise.race([candidate.sent(rows), timeout]);
  return Math.min(rows, candidate.sentSoFar()) / ((performance.now() - beganAtMs) / 1_000);
}

export interface Latency {
  readonly rows: number;
  /** Rows that had not arrived when the wait for the last ended. They are not in the figures. */
  readonly missing: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

export interface LatencyLoad {
  readonly topic: string;
  readonly rowsPerSecond: number;
  readonly seconds: number;
  /** How long the last row may take after its commit. */
  readonly withinMs: number;
}

/** What latency is measured of: a row's way, or for comparison a record's without any table. */
export type Steady = Pick<Candidate, 'start' | 'insert'>;

/** From the answer to COMMIT to the consumer's handler, both in this process. The load is open: it does not wait for who is slow. */
export async function measureLatency(candidate: Steady, kafka: Kafka, load: LatencyLoad): Promise<Latency> {
  const total = load.rowsPerSecond * load.seconds;
  const committedAtMs = new Map<number, number>();
  const arrivedAtMs = new Map<number, number>();
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const consumer = kafka.consumer({ groupId: load.topic, maxWaitTimeInMs: 500 });
  await consumer.connect();
  await consumer.subscribe({ topic: load.topic, fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 1_000,
    eachMessage: async ({ message }) => {
      const { n } = JSON.parse(String(message.value)) as { readonly n: number };
      if (!arrivedAtMs.has(n)) arrivedAtMs.set(n, performance.now());
      if (arrivedAtMs.size === total) finish();
    },
  });
  candidate.start();
  const beganAtMs = performance.now();
  const commits: Promise<void>[] = [];
  for (let n = 0; n < total; n += 1) {
    const waitMs = beganAtMs + (n * 1_000) / load.rowsPerSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const payload = JSON.stringify({ n, text: 'x'.repeat(280) });
    commits.push(candidate.insert(payload, `o${n}`).then(() => void committedAtMs.set(n, performance.now())));
  }
  await Promise.all(commits);
  const timeout = new Promise<'not in time'>((resolve) =>
    setTimeout(() => resolve('not in time'), load.withinMs).unref(),
  );
  await Promise.race([done, timeout]);
  await consumer.disconnect();
  // The first second warms up connections and plans.
  const counted = [...arrivedAtMs].filter(([n]) => n >= load.rowsPerSecond);
  const latencies = counted.map(([n, atMs]) => atMs - (committedAtMs.get(n) ?? Number.NaN));
  return {
    rows: latencies.length,
    missing: total - arrivedAtMs.size,
    p50Ms: round(percentile(latencies, 0.5)),
    p99Ms: round(percentile(latencies, 0.99)),
    mostMs: round(percentile(latencies, 1)),
  };
}

/** kafkajs alone: 500 records of the same size a request, one request at a time. */
export async function measureRawProduce(kafka: Kafka, topic: string, rows: number): Promise<number> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const value = JSON.stringify({ text: 'x'.repeat(280) });
  const beganAtMs = performance.now();
  for (let from = 0; from < rows; from += 500) {
    const messages = Array.from({ length: 500 }, (_, index) => ({ key: `o${from + index}`, value }));
    await producer.send({ topic, acks: -1, messages });
  }
  const perSecond = rows / ((performance.now() - beganAtMs) / 1_000);
  await producer.disconnect();
  return perSecond;
}

/** kafkajs alone at a steady rate, from before `send` to the consumer's handler: what is left of a latency without a table. */
export async function measureRawLatency(kafka: Kafka, load: LatencyLoad): Promise<Latency> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const sends: Promise<unknown>[] = [];
  const steady: Steady = {
    start: () => undefined,
    // Resolves before the send is done, so that the clock of this record starts with it.
    async insert(value, key) {
      sends.push(producer.send({ topic: load.topic, acks: -1, messages: [{ key, value }] }));
    },
  };
  const latency = await measureLatency(steady, kafka, load);
  await Promise.all(sends);
  await producer.disconnect();
  return latency;
}
