import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readEnvironment } from './environment.js';
import { type EngineRound, runEngineRound } from './engine/engine-round.js';
import { openEngineStage } from './engine/engine-stage.js';
import { type WorkloadName, workloadNames } from './engine/workloads.js';
import { startServers } from './servers.js';
import { kafkaTransports, memoryTransports } from './transports.js';

const helpText = `Usage: node bench/dist/engine.js [options]

Measures the orchestrator alone: a saga of three steps through one engine, whose commands something answers that does nothing else. Counts
first (statements, commits, WAL, messages), then rates.

  --workload <list>     ${workloadNames.join(', ')}; default call,local,remote
  --transport <name>    memory (default) or kafka
  --in-flight <list>    default 1,200
  --sagas <n>           of one round at 16 or more in flight, default 4000; with fewer a tenth of them
  --rounds <n>          default 3
  --items <n>           of a list, default 1000
  --caller              starts each saga in a transaction of the caller's, and does not wait for its end
  --digest              says which statements were made, the most frequent first
  --out <name>          written to bench/results/<name>.json
  --note <text>
  --help

With node --cpu-prof --cpu-prof-dir=<folder> before it: a profile, which node bench/dist/profile-digest.js <file> sums up.
`;

const { values } = parseArgs({
  options: {
    workload: { type: 'string', default: 'call,local,remote' },
    transport: { type: 'string', default: 'memory' },
    'in-flight': { type: 'string', default: '1,200' },
    sagas: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '3' },
    items: { type: 'string', default: '1000' },
    caller: { type: 'boolean', default: false },
    digest: { type: 'boolean', default: false },
    out: { type: 'string' },
    note: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function measure(): Promise<void> {
  const names = values.workload
    .split(',')
    .filter((name): name is WorkloadName => workloadNames.includes(name as never));
  const withKafka = values.transport === 'kafka';
  const servers = await startServers({ withKafka });
  const client = new pg.Client({ connectionString: servers.postgres.url });
  const rounds: EngineRound[] = [];
  try {
    await client.connect();
    const environment = await readEnvironment(client, servers.kafka?.kind ?? 'none');
    const transportFor = withKafka ? kafkaTransports(servers.kafka?.brokers ?? []) : memoryTransports();
    const stage = await openEngineStage({ postgres: servers.postgres, transportFor });
    const run = { items: Number(values.items), isInCallersTransaction: values.caller };
    for (const workload of names) {
      if (workload !== 'list') await runEngineRound(stage, client, { workload, inFlight: 50, sagas: 400, ...run });
    }
    for (let at = 0; at < Number(values.rounds); at += 1) {
      for (const workload of names) {
        for (const inFlight of values['in-flight'].split(',').map(Number)) {
          const most = Number(values.sagas);
          const sagas = inFlight >= 16 || workload === 'list' ? most : Math.max(20, Math.round(most / 10));
          const round = await runEngineRound(stage, client, { workload, inFlight, sagas, ...run });
          rounds.push(round);
          process.stderr.write(`${line(round)}\n`);
          if (values.digest) {
            for (const { text, count } of stage.counted.digest().slice(0, 14)) {
              process.stderr.write(
                `  ${(count / sagas).toFixed(3)}  ${text.trim().replaceAll(/\s+/g, ' ').slice(0, 110)}\n`,
              );
            }
          }
        }
      }
    }
    await stage.stop();
    const result = {
      date: new Date().toISOString(),
      environment,
      transport: values.transport,
      note: values.note,
      rounds,
    };
    if (values.out !== undefined) {
      const folder = new URL('../results/', import.meta.url);
      await mkdir(folder, { recursive: true });
      await writeFile(new URL(`${values.out}.json`, folder), `${JSON.stringify(result, null, 2)}\n`);
    }
  } finally {
    await client.end();
    await servers.stop();
  }
}

function line(round: EngineRound): string {
  const { workload, inFlight, sagasPerSecond, p50Ms, p99Ms } = round;
  const counts = `${round.statementsPerSaga.toFixed(2)} statements, ${round.commitsPerSaga?.toFixed(3) ?? '?'} commits, ${(
    round.walBytesPerSaga / 1024
  ).toFixed(2)} KiB WAL, ${round.messagesPerSaga.toFixed(2)} messages`;
  const cpu = `${round.nodeCpuMsPerSaga.toFixed(2)} + ${round.postgresCpuMsPerSaga?.toFixed(2) ?? '?'} ms CPU`;
  return `${workload} @${inFlight}: ${sagasPerSecond.toFixed(0)}/s, p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(1)} ms; ${counts}; ${cpu}`;
}

if (values.help) process.stdout.write(helpText);
else await measure();
