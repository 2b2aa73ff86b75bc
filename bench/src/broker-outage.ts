import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startKafka, startPostgres } from '@backstitch/devkit';
import pg from 'pg';
import { endure, type Mortal } from './broker-outage/endure.js';
import { readEnvironment } from './environment.js';

const helpText = `Usage: npm run soak:outage -- [--minutes 10] [--rows-per-second 20] [--out file] [--note text]

The broker is away for so long, frozen for the first half and dead for the second, while rows are published. No row may spend a retry: each has
none to spend, so one would make it FAILED. Afterwards all must arrive, each key in its order. Prints one line of JSON; exit code 1 where
something is not as it should be. Kafka is one of its own: it needs Java 17 and Maven, or a Docker engine.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      'rows-per-second': { type: 'string', default: '20' },
      out: { type: 'string' },
      note: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(helpText);
  const outageMs = Number(values.minutes) * 60_000;
  const rowsPerSecond = Number(values['rows-per-second']);
  if (!(outageMs > 0 && rowsPerSecond > 0)) throw new Error(`two numbers above 0 are needed\n${helpText}`);
  const [postgres, kafka] = await Promise.all([startPostgres({ quiet: true }), mortalKafka()]);
  // Whatever hangs, this ends.
  const overdue = setTimeout(() => end('it took five minutes more than the outage'), outageMs + 300_000);
  try {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    const environment = await readEnvironment(client, kafka.kind);
    await client.end();
    const outcome = await endure({ databaseUrl: await postgres.createDatabase(), kafka, outageMs, rowsPerSecond });
    const line = JSON.stringify({ at: new Date().toISOString(), note: values.note, environment, ...outcome });
    process.stdout.write(`${line}\n`);
    if (values.out !== undefined) await writeFile(values.out, `${line}\n`);
    if (outcome.faults.length > 0) process.exitCode = 1;
  } finally {
    clearTimeout(overdue);
    await kafka.stop();
    await postgres.stop();
  }
}

async function mortalKafka(): Promise<Mortal & { readonly kind: string; stop(): Promise<void> }> {
  const started = await startKafka({ crashFriendly: true, quiet: true });
  if (started.kind === 'none') throw new Error('there is no Kafka to be had: Java 17 and Maven, or Docker');
  const { kind, brokers, suspend, crash, restart, stop } = started;
  if (suspend === undefined || crash === undefined || restart === undefined)
    throw new Error('a Kafka given by KAFKA_BROKERS cannot be frozen and killed: unset it');
  return { kind, brokers, suspend, crash, restart, stop };
}

function end(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

main().catch(end);
