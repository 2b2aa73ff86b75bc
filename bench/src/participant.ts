import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readEnvironment, round } from './environment.js';
import { type Candidate, type CandidateName, candidateNames, openCandidate } from './participant/candidate.js';
import { costBetween, readCounters } from './postgres-counters.js';
import { startServers } from './servers.js';
import { spread } from './summary.js';

const helpText = `Usage: node bench/dist/participant.js [options]

Measures what a handled command costs a participant: one user insert by bare knex, by an ordinary handler and by handleBatch, in turn, round by
round, over the broker in memory. Written to bench/results/participant.json.

  --commands <n>     of one round, default 4000
  --rounds <n>       default 5
  --concurrency <n>  transactions at a time, default 8
  --partitions <n>   default 3
  --only <list>      ${candidateNames.join(', ')}
  --prepared         prepared statements of the library
  --out <name>       default participant
  --note <text>
  --help
`;

const { values } = parseArgs({
  options: {
    commands: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '8' },
    partitions: { type: 'string', default: '3' },
    only: { type: 'string', default: candidateNames.join(',') },
    prepared: { type: 'boolean', default: false },
    out: { type: 'string', default: 'participant' },
    note: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

interface Round {
  readonly name: CandidateName;
  readonly commandsPerSecond: number;
  readonly statementsPerCommand: number;
  readonly commitsPerCommand: number | undefined;
  readonly walBytesPerCommand: number;
  readonly postgresCpuMsPerCommand: number | undefined;
  readonly nodeCpuMsPerCommand: number;
}

async function runRound(candidate: Candidate, client: pg.Client, commands: number): Promise<Round> {
  // The first change of a page after a checkpoint is logged whole: one that began by itself in a round would be counted as a command's cost.
  await client.query('checkpoint');
  const before = await readCounters(client);
  const cpuBefore = process.cpuUsage();
  const { elapsedMs, statements } = await candidate.run(commands);
  const cpu = process.cpuUsage(cpuBefore);
  const cost = await costBetween(client, before, await readCounters(client));
  const each = (value: number): number => Math.round((value / commands) * 10_000) / 10_000;
  return {
    name: candidate.name,
    commandsPerSecond: Math.round((commands / elapsedMs) * 1_000),
    statementsPerCommand: each(statements),
    commitsPerCommand: cost.commits === undefined ? undefined : each(cost.commits),
    walBytesPerCommand: Math.round(cost.walBytes / commands),
    postgresCpuMsPerCommand: cost.cpuMs === undefined ? undefined : each(cost.cpuMs),
    nodeCpuMsPerCommand: each((cpu.user + cpu.system) / 1_000),
  };
}

const measured = [
  'commandsPerSecond',
  'statementsPerCommand',
  'commitsPerCommand',
  'walBytesPerCommand',
  'postgresCpuMsPerCommand',
  'nodeCpuMsPerCommand',
] as const;

function summary(rounds: readonly Round[]): object {
  const names = [...new Set(rounds.map(({ name }) => name))];
  const medians = names.map((name) => {
    const own = rounds.filter((each) => each.name === name);
    return [name, Object.fromEntries(measured.map((what) => [what, spread(own.flatMap((each) => each[what] ?? []))]))];
  });
  const rateOf = (name: CandidateName): readonly number[] =>
    rounds.flatMap((each) => (each.name === name ? each.commandsPerSecond : []));
  const bare = rateOf('bare knex');
  const ratios = names.map((name) => [
    name,
    spread(rateOf(name).map((rate, at) => round(rate / (bare[at] ?? Number.NaN)))),
  ]);
  return { medians: Object.fromEntries(medians), rateToBareKnex: Object.fromEntries(ratios) };
}

async function measure(): Promise<void> {
  const servers = await startServers({ withKafka: false });
  const client = new pg.Client({ connectionString: servers.postgres.url });
  const candidates: Candidate[] = [];
  try {
    await client.connect();
    const environment = await readEnvironment(client, 'none');
    const only = values.only.split(',');
    const settings = {
      ...{ concurrency: Number(values.concurrency), partitions: Number(values.partitions) },
      preparedStatements: values.prepared,
    };
    for (const name of candidateNames.filter((each) => only.includes(each)))
      candidates.push(await openCandidate(name, { ...settings, url: await servers.postgres.createDatabase() }));
    const commands = Number(values.commands);
    for (const candidate of candidates) await candidate.run(Math.ceil(commands / 4));
    const rounds: Round[] = [];
    for (let at = 0; at < Number(values.rounds); at += 1) {
      for (const candidate of candidates) {
        const result = await runRound(candidate, client, commands);
        rounds.push(result);
        process.stderr.write(`${JSON.stringify(result)}\n`);
      }
    }
    const report = {
      ...{ at: new Date().toISOString(), note: values.note, commands, settings },
      ...{ environment, ...summary(rounds), rounds },
    };
    const folder = new URL('../results/', import.meta.url);
    await mkdir(folder, { recursive: true });
    await writeFile(new URL(`${values.out}.json`, folder), `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    for (const candidate of candidates) await candidate.stop();
    await client.end();
    await servers.stop();
  }
}

if (values.help) process.stdout.write(helpText);
else await measure();
