import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readEnvironment, round } from './environment.js';
import type { Candidate } from './idempotency/candidate.js';
import { isPeerInstalled, nodeIdempotency } from './idempotency/peer-candidate.js';
import { backstitchOnce, bareInsert, createTables, handmade } from './idempotency/postgres-candidates.js';
import { startServers } from './servers.js';
import { percentile, type Spread, spread } from './summary.js';

const helpText = `Usage: node bench/dist/idempotency.js [--operations 2000] [--connections 8] [--rounds 5] [--note text]

Operations a second that are done once each, first and repeated, beside a bare insert, a key row by hand and @node-idempotency/core on Redis
(npm install in bench/peers/node-idempotency, and REDIS_URL). Written to bench/results/idempotency.json.
`;

interface Measured {
  readonly freshPerSecond: number;
  readonly freshP50Ms: number;
  readonly replayedPerSecond: number | undefined;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      operations: { type: 'string', default: '2000' },
      connections: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '5' },
      note: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(helpText);
  const load = { operations: Number(values.operations), connections: Number(values.connections) };
  const servers = await startServers({ withKafka: false });
  try {
    const databaseUrl = await servers.postgres.createDatabase();
    await createTables(databaseUrl);
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const environment = await readEnvironment(client, 'none');
    const candidates = await openCandidates(databaseUrl, load.connections);
    for (const candidate of candidates) await measured(candidate, { ...load, operations: 200 });
    const rounds: Measured[][] = [];
    const loads: number[] = [];
    for (let at = 0; at < Number(values.rounds); at += 1) {
      loads.push(round(loadavg()[0] ?? Number.NaN));
      const all: Measured[] = [];
      for (const candidate of candidates) all.push(await measured(candidate, load));
      rounds.push(all);
    }
    await refuseDoubles(client);
    for (const candidate of candidates) await candidate.close();
    await client.end();
    const report = {
      ...{ at: new Date().toISOString(), note: values.note, load, environment },
      settings: 'prepared statements for all; the next candidate begins when the one before has ended',
      loadAverageByRound: loads,
      redis: process.env['REDIS_URL'] === undefined ? 'none' : redisNote(),
      results: candidates.map((candidate, index) => ({
        ...{ name: candidate.name, sharesTransaction: candidate.sharesTransaction, afterCrash: candidate.afterCrash },
        freshPerSecond: spreadOf(rounds, index, (each) => each.freshPerSecond),
        // Of the same round: what else the machine does meets both.
        ofBareInsert: spread(rounds.map((all) => round(perSecond(all, index) / perSecond(all, 0)))),
        freshP50Ms: spreadOf(rounds, index, (each) => each.freshP50Ms),
        replayedPerSecond: candidate.replays
          ? spreadOf(rounds, index, (each) => each.replayedPerSecond ?? Number.NaN)
          : undefined,
      })),
    };
    const folder = new URL('../results/', import.meta.url);
    await mkdir(folder, { recursive: true });
    await writeFile(new URL('idempotency.json', folder), `${JSON.stringify(report, null, 2)}\n`);
    process.stdout.write(`${JSON.stringify(report.results, null, 2)}\n`);
  } finally {
    await servers.stop();
  }
}

async function openCandidates(databaseUrl: string, connections: number): Promise<readonly Candidate[]> {
  const ours = [
    bareInsert(databaseUrl, connections),
    handmade(databaseUrl, connections),
    backstitchOnce('savepoint', databaseUrl, connections),
    backstitchOnce('transaction', databaseUrl, connections),
  ];
  const redisUrl = process.env['REDIS_URL'];
  if (redisUrl !== undefined && isPeerInstalled()) {
    return [...ours, await nodeIdempotency(databaseUrl, { connections, redisUrl })];
  }
  process.stderr.write('the peer is left out: npm install in bench/peers/node-idempotency, and set REDIS_URL\n');
  return ours;
}

async function measured(
  candidate: Candidate,
  load: { readonly operations: number; readonly connections: number },
): Promise<Measured> {
  const keys = Array.from({ length: load.operations }, () => randomUUID());
  const fresh = await runAll(candidate, keys, load.connections);
  const replayed = candidate.replays ? await runAll(candidate, keys, load.connections) : undefined;
  return {
    freshPerSecond: fresh.perSecond,
    freshP50Ms: percentile(fresh.latenciesMs, 0.5),
    replayedPerSecond: replayed?.perSecond,
  };
}

/** A closed load: as many operations are under way as there are connections. */
async function runAll(candidate: Candidate, keys: readonly string[], inFlight: number) {
  const waiting = keys.values();
  const latenciesMs: number[] = [];
  const begun = performance.now();
  const worker = async (): Promise<void> => {
    for (const key of waiting) {
      const started = performance.now();
      await candidate.run(key);
      latenciesMs.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { perSecond: (keys.length * 1000) / (performance.now() - begun), latenciesMs };
}

/** Figures of wrong results are worth nothing. */
async function refuseDoubles(client: pg.Client): Promise<void> {
  const { rows } = await client.query('select key from payments group by key having count(*) > 1 limit 1');
  if (rows.length > 0) throw new Error('an operation was done twice');
}

function perSecond(round: readonly Measured[], index: number): number {
  return round[index]?.freshPerSecond ?? Number.NaN;
}

function spreadOf(rounds: readonly Measured[][], index: number, of: (each: Measured) => number): Spread {
  const figures = spread(rounds.flatMap((all) => all.slice(index, index + 1).map(of)));
  return { median: round(figures.median), least: round(figures.least), most: round(figures.most) };
}

/** What the server was started with is its owner's to say. */
function redisNote(): string {
  return process.env['REDIS_NOTE'] ?? 'given by REDIS_URL; its durability is not known here';
}

await main();
