import pg from 'pg';
import { readEnvironment } from './environment.js';
import { openOrderFlowStage, type OrderFlowStage } from './order-flow-stage.js';
import { type BenchOptions, sagasOfRound, type TransportName } from './parse-arguments.js';
import { settledTransactions } from './postgres-counters.js';
import { createRawKafkaProbe, type RawKafkaProbe } from './raw-kafka.js';
import { rawCommits } from './raw-postgres.js';
import { type BenchReport, benchReport, type MeasuredRound } from './report.js';
import { runRound } from './round.js';
import type { Servers } from './servers.js';
import { kafkaClient, kafkaTransports, memoryTransports } from './transports.js';

/** An invariant of the example does not hold: figures of wrong results are worth nothing. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}

interface Bench {
  readonly options: BenchOptions;
  readonly client: pg.Client;
  readonly rawUrl: string;
  readonly stages: ReadonlyMap<TransportName, OrderFlowStage>;
  readonly probe: RawKafkaProbe | undefined;
  readonly say: (line: string) => void;
}

const rawConnections = [1, 16];
const warmUpSagas = 200;

/** Measures everything in turn, round by round, so that whatever the machine does meanwhile falls on all of it. */
export async function measure(
  options: BenchOptions,
  servers: Servers,
  say: (line: string) => void,
): Promise<BenchReport> {
  const client = new pg.Client({ connectionString: servers.postgres.url });
  const stages = new Map<TransportName, OrderFlowStage>();
  let probe: RawKafkaProbe | undefined;
  try {
    await client.connect();
    const environment = await readEnvironment(client, servers.kafka?.kind ?? 'none');
    const rawUrl = await servers.postgres.createDatabase();
    if (servers.kafka !== undefined) probe = await createRawKafkaProbe(kafkaClient(servers.kafka.brokers, 'bench-raw'));
    for (const name of options.transports) {
      say(`opening the services over ${name}`);
      const transports = name === 'kafka' ? kafkaTransports(servers.kafka?.brokers ?? []) : memoryTransports();
      const stage = await openOrderFlowStage(servers.postgres, transports);
      stages.set(name, stage);
      await runRound(stage, client, { sagas: warmUpSagas, inFlight: 50 });
    }
    const bench: Bench = { options, client, rawUrl, stages, probe, say };
    const rounds: MeasuredRound[] = [];
    for (let at = 1; at <= options.rounds; at += 1) rounds.push(await measureRound(bench, at));
    const transactions = await countTransactions(bench);
    for (const [name, stage] of stages) refuseDrift(name, await stage.drift());
    return benchReport({ date: new Date().toISOString(), options, environment, rounds, transactions });
  } finally {
    for (const stage of stages.values()) await stage.stop();
    await probe?.stop();
    await client.end();
  }
}

async function measureRound(
  { options, client, rawUrl, stages, probe, say }: Bench,
  at: number,
): Promise<MeasuredRound> {
  const forMs = options.mode === 'quick' ? 1_000 : 2_000;
  const rawPostgres = [];
  for (const connections of rawConnections) rawPostgres.push(await rawCommits(rawUrl, { connections, forMs }));
  const rawKafka = await probe?.measure(forMs);
  const cells = [];
  for (const inFlight of options.inFlight) {
    for (const [transport, stage] of stages) {
      const round = await runRound(stage, client, { sagas: sagasOfRound(options, inFlight), inFlight });
      say(
        `round ${at}: ${transport}, ${inFlight} in flight: ${round.sagasPerSecond.toFixed(0)} sagas/s, p50 ${round.p50Ms.toFixed(1)} ms`,
      );
      cells.push({ transport, inFlight, round });
    }
  }
  return { rawPostgres, rawKafka, cells };
}

/** A round by itself for each transport: the server's statistics need long pauses around it. */
async function countTransactions({ options, client, stages, say }: Bench) {
  const inFlight = Math.max(...options.inFlight);
  const sagas = sagasOfRound(options, inFlight);
  const counted = new Map<TransportName, { readonly inFlight: number; readonly perSaga: number }>();
  for (const [transport, stage] of stages) {
    say(`counting transactions over ${transport}`);
    const before = await settledTransactions(client, stage.databases);
    await runRound(stage, client, { sagas, inFlight });
    const after = await settledTransactions(client, stage.databases);
    counted.set(transport, { inFlight, perSaga: (after - before) / sagas });
  }
  return counted;
}

function refuseDrift(transport: TransportName, drift: readonly string[]): void {
  if (drift.length > 0) throw new InvariantBroken(`over ${transport}: ${drift.join('; ')}`);
}
