import kafkajs, { type Kafka } from 'kafkajs';
import { round } from '../environment.js';
import { percentile } from '../summary.js';
import type { Candidate } from './candidate.js';

/** Rows a second from a standing start until Kafka has acknowledged the last of `rows` that waited. */
export async function measureDrain(
  candidate: Candidate,
  rows: number,
  withinMs: number,
): Promise<number | 'not in time'> {
  await candidate.fill(rows);
  const beganAtMs = performance.now();
  candidate.start();
  const timeout = new Promise<'not in time'>((resolve) => setTimeout(() => resolve('not in time'), withinMs).unref());
  if ((await Promise.race([candidate.sent(rows), timeout])) === 'not in time') return 'not in time';
  return rows / ((performance.now() - beganAtMs) / 1_000);
}

export interface Latency {
  readonly rows: number;
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

/** From the answer to COMMIT to the consumer's handler, both in this process. The load is open: it does not wait for who is slow. */
export async function measureLatency(candidate: Candidate, kafka: Kafka, load: LatencyLoad): Promise<Latency | string> {
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
  const outcome = await Promise.race([done, timeout]);
  await consumer.disconnect();
  if (outcome === 'not in time') return `${arrivedAtMs.size} of ${total} rows arrived in time`;
  // The first second warms up connections and plans.
  const latencies = Array.from(
    { length: total - load.rowsPerSecond },
    (_, index) =>
      (arrivedAtMs.get(index + load.rowsPerSecond) ?? 0) - (committedAtMs.get(index + load.rowsPerSecond) ?? 0),
  );
  return {
    rows: latencies.length,
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
