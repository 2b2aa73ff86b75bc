import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { outboxMigrations } from '@backstitch/outbox';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';
import { readEnvironment, round } from './environment.js';
import { startSoakLoad } from './growth/soak-load.js';
import { leftUnsent, readState, type SoakSample, timedClaims } from './growth/soak-sample.js';
import { startServers } from './servers.js';

const helpText = `Usage: node bench/dist/outbox-soak.js [--minutes 10] [--rate 500] [--keep 60] [--pruners 2] [--note text]

Writes rows at a steady rate, relays them to a broker that takes all, and deletes what was sent more than so many seconds ago, with the settings
of autovacuum that the migrations make. Samples sizes, dead rows and claims every 15 seconds: they must level off. Nothing is pruned during
the first --keep seconds, so the claims and rates of that time are those without pruning. Written to bench/results/outbox-soak.json.
`;

const everySeconds = 15;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      rate: { type: 'string', default: '500' },
      keep: { type: 'string', default: '60' },
      pruners: { type: 'string', default: '2' },
      note: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(helpText);
  const load = {
    minutes: Number(values.minutes),
    rowsPerSecond: Number(values.rate),
    keepMs: Number(values.keep) * 1_000,
    pruners: Number(values.pruners),
  };
  const servers = await startServers({ withKafka: false });
  const pool = new pg.Pool({ connectionString: await servers.postgres.createDatabase(), max: 8 });
  try {
    const client = new pg.Client({ connectionString: servers.postgres.url });
    await client.connect();
    const environment = await readEnvironment(client, 'none');
    await client.end();
    const database = postgresDatabase(pool);
    await migrate(database, outboxMigrations);
    const timed = timedClaims(database);
    const running = startSoakLoad({ ...load, database: timed.database });
    const samples: SoakSample[] = [];
    const beganAtMs = performance.now();
    let before = { ...running.counts(), atMs: beganAtMs };
    while (performance.now() - beganAtMs < load.minutes * 60_000) {
      await pause(everySeconds * 1_000);
      const now = { ...running.counts(), atMs: performance.now() };
      const seconds = (now.atMs - before.atMs) / 1_000;
      samples.push({
        atSeconds: Math.round((now.atMs - beganAtMs) / 1_000),
        ...(await readState(pool)),
        ...timed.take(),
        writtenPerSecond: round((now.written - before.written) / seconds),
        sentPerSecond: round((now.sent - before.sent) / seconds),
      });
      process.stderr.write(`${JSON.stringify(samples.at(-1))}\n`);
      before = now;
    }
    await running.stop();
    const report = {
      ...{ at: new Date().toISOString(), note: values.note, environment, load },
      levelsOff: levelsOff(samples),
      ...{ unsentAtTheEnd: await leftUnsent(database), samples },
    };
    const folder = new URL('../results/', import.meta.url);
    await mkdir(folder, { recursive: true });
    await writeFile(new URL('outbox-soak.json', folder), `${JSON.stringify(report, null, 2)}\n`);
    process.stdout.write(`${JSON.stringify({ ...report, samples: undefined }, null, 2)}\n`);
  } finally {
    await pool.end();
    await servers.stop();
  }
}

/** The last third of the time against the third before it: of what grows without bound the ratio would be about 5 to 3. */
function levelsOff(samples: readonly SoakSample[]): object {
  const third = Math.floor(samples.length / 3);
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
  const most = (some: readonly SoakSample[], size: (sample: SoakSample) => number): number =>
    Math.max(...some.map(size));
  const ratio = (size: (sample: SoakSample) => number): number => round(most(last, size) / most(middle, size));
  return {
    table: ratio((sample) => sample.tableMiB),
    indexes: ratio((sample) => sample.indexesMiB),
    rows: ratio((sample) => sample.rows),
    deadRows: ratio((sample) => sample.deadRows),
    claimP50: ratio((sample) => sample.claimP50Ms),
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = 1;
});
