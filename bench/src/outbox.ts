import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { readEnvironment, round } from './environment.js';
import { type Way, backstitchCandidate } from './outbox/backstitch-candidate.js';
import type { Candidate, CandidatePlace } from './outbox/candidate.js';
import {
  type Latency,
  measureDrain,
  measureLatency,
  measureRawLatency,
  measureRawProduce,
} from './outbox/measure-candidate.js';
import { isPeerInstalled, peerCandidate } from './outbox/peer-candidate.js';
import { NoServer, type Servers, startServers } from './servers.js';
import { spread } from './summary.js';

const helpText = `Usage: node bench/dist/outbox.js [--rows 50000] [--rate 200] [--seconds 10] [--rounds 5] [--only name] [--note text]

Rows a second from rows that wait to acknowledgements of Kafka, and milliseconds from COMMIT to the consumer at a steady rate, beside
pg-transactional-outbox (npm install in bench/peers/pg-transactional-outbox) and kafkajs alone. Written to bench/results/outbox.json.
`;

/** One value a round, in the rounds' order. */
interface Result {
  readonly name: string;
  readonly settings: string;
  readonly rowsPerSecond: number[];
  readonly latency: Latency[];
}

const drainWithinMs = 100_000;
const latencyWithinMs = 60_000;
const rawName = 'kafkajs alone';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '50000' },
      rate: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '10' },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', default: '' },
      note: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(helpText);
  const load = { rows: Number(values.rows), rowsPerSecond: Number(values.rate), seconds: Number(values.seconds) };
  const servers = await startServers({ withKafka: true });
  try {
    const isLogical = await allowReplication(servers);
    const brokers = servers.kafka?.brokers ?? [];
    const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
    const client = new pg.Client({ connectionString: servers.postgres.url });
    await client.connect();
    const environment = await readEnvironment(client, servers.kafka?.kind ?? 'none');
    await client.end();
    const results: Result[] = [];
    const loads: number[] = [];
    // After each candidate: a run that is broken off leaves what it has measured.
    const save = async (): Promise<void> => {
      const report = {
        ...{ at: new Date().toISOString(), note: values.note, load },
        ...{ environment, loadAverageByRound: loads, summary: summaryOf(results), results },
      };
      const folder = new URL('../results/', import.meta.url);
      await mkdir(folder, { recursive: true });
      await writeFile(new URL('outbox.json', folder), `${JSON.stringify(report, null, 2)}\n`);
    };
    for (let count = 0; count < Number(values.rounds); count += 1) {
      loads.push(round(loadavg()[0] ?? Number.NaN));
      add(results, await measuredRaw(kafka, load));
      for (const [name, open] of candidates(isLogical)) {
        if (!name.includes(values.only)) continue;
        add(results, await measured(servers, kafka, { open, load }));
        await save();
      }
    }
    process.stdout.write(`${JSON.stringify(summaryOf(results), null, 2)}\n`);
  } finally {
    await servers.stop();
  }
}

type Open = (place: CandidatePlace) => Promise<Candidate>;
type Named = readonly [name: string, open: Open];

function candidates(isLogical: boolean): readonly Named[] {
  const ways: readonly Way[] = ['polling', 'from memory', 'polling and NOTIFY'];
  const ours = ways.map((way): Named => [`Backstitch, ${way}`, (place) => backstitchCandidate(place, way)]);
  if (!isPeerInstalled()) {
    process.stderr.write(
      'the peer is not installed and is left out: npm install in bench/peers/pg-transactional-outbox\n',
    );
    return ours;
  }
  const modes = isLogical ? (['poll', 'repl'] as const) : (['poll'] as const);
  return [...ours, ...modes.map((mode): Named => [`peer, ${mode}`, (place) => peerCandidate(place, mode)])];
}

interface Measurement {
  readonly open: Open;
  readonly load: { readonly rows: number; readonly rowsPerSecond: number; readonly seconds: number };
}

function add(results: Result[], measured: Result): void {
  const known = results.find(({ name }) => name === measured.name);
  if (known === undefined) results.push(measured);
  else {
    known.rowsPerSecond.push(...measured.rowsPerSecond);
    known.latency.push(...measured.latency);
  }
}

/** Ratios are of the same round: what else the machine does meets both. */
function summaryOf(results: readonly Result[]) {
  const raw = results.find(({ name }) => name === rawName)?.rowsPerSecond ?? [];
  const rounded = (values: readonly number[]) => {
    const { median, least, most } = spread(values);
    return { median: round(median), least: round(least), most: round(most) };
  };
  return results.map(({ name, rowsPerSecond, latency }) => ({
    name,
    rowsPerSecond: rounded(rowsPerSecond),
    ofRawProduce: rounded(rowsPerSecond.map((rate, at) => rate / (raw[at] ?? Number.NaN))),
    p50Ms: rounded(latency.map(({ p50Ms }) => p50Ms)),
    p99Ms: rounded(latency.map(({ p99Ms }) => p99Ms)),
    missing: latency.reduce((sum, { missing }) => sum + missing, 0),
  }));
}

async function measuredRaw(kafka: kafkajs.Kafka, load: Measurement['load']): Promise<Result> {
  const rate = round(await measureRawProduce(kafka, await newTopic(kafka), load.rows));
  const latency = await measureRawLatency(kafka, { ...load, topic: await newTopic(kafka), withinMs: latencyWithinMs });
  return {
    name: rawName,
    settings: 'batches of 500, one after the other, acks all',
    rowsPerSecond: [rate],
    latency: [latency],
  };
}

async function measured(servers: Servers, kafka: kafkajs.Kafka, { open, load }: Measurement): Promise<Result> {
  const place = async (at: CandidatePlace['load']): Promise<CandidatePlace> => ({
    load: at,
    databaseUrl: await servers.postgres.createDatabase(),
    brokers: servers.kafka?.brokers ?? [],
    topic: await newTopic(kafka),
  });
  const draining = await open(await place('drain'));
  const rate = await measureDrain(draining, load.rows, drainWithinMs);
  await draining.stop();
  const at = await place('steady');
  const steady = await open(at);
  const latency = await measureLatency(steady, kafka, { ...load, topic: at.topic, withinMs: latencyWithinMs });
  await steady.stop();
  const { name, settings } = draining;
  const result: Result = { name, settings, rowsPerSecond: [round(rate)], latency: [latency] };
  process.stderr.write(`${JSON.stringify(result)}\n`);
  return result;
}

async function newTopic(kafka: kafkajs.Kafka): Promise<string> {
  const topic = `outbox-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3 }] });
  await admin.disconnect();
  return topic;
}

/** Replication needs a setting that is read at the start only. Answers whether it is in force. */
async function allowReplication({ postgres }: Servers): Promise<boolean> {
  const level = async (change?: string): Promise<string> => {
    const client = new pg.Client({ connectionString: postgres.url });
    client.on('error', () => undefined);
    await client.connect();
    if (change !== undefined) await client.query(change);
    const { rows } = await client.query<{ wal_level: string }>('show wal_level');
    await client.end();
    return rows[0]?.wal_level ?? 'unknown';
  };
  if ((await level()) === 'logical') return true;
  if (postgres.crash === undefined || postgres.restart === undefined) return false;
  await level(`alter system set wal_level = 'logical'`);
  await postgres.crash();
  await postgres.restart();
  return (await level()) === 'logical';
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof NoServer ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exitCode = 1;
});
