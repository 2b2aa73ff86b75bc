import { writeFile } from 'node:fs/promises';
import { startPostgres } from '@backstitch/devkit';
import { createOutbox, type OutboxMessage, outboxMigrations, postgresOutboxStore } from '@backstitch/outbox';
import { type Database, migrate, postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';
import { readEnvironment } from './environment.js';

const helpText = `Usage: node bench/dist/outbox-wal.js

Bytes of write-ahead log a message of 500 bytes, with a relay and with relay: 'cdc', at wal_level replica and logical. Bytes do not depend on what
else the machine does. Written to bench/results/outbox-wal.json.
`;

const messages = 10_000;
const batch = 500;

interface Cost {
  readonly walLevel: 'replica' | 'logical';
  readonly by: 'relay' | 'cdc';
  readonly insertBytes: number;
  readonly claimAndSettleBytes: number;
}

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(helpText);
  const costs: Cost[] = [];
  let environment: unknown;
  for (const walLevel of ['replica', 'logical'] as const) {
    const server = await startPostgres({ quiet: true, ...(walLevel === 'logical' ? { walLevel } : {}) });
    try {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      environment ??= await readEnvironment(client, 'none');
      await client.end();
      for (const by of ['relay', 'cdc'] as const)
        costs.push({ walLevel, by, ...(await costOf(await server.createDatabase(), by)) });
    } finally {
      await server.stop();
    }
  }
  const report = JSON.stringify({ at: new Date().toISOString(), environment, messages, costs }, null, 2);
  await writeFile(new URL('../results/outbox-wal.json', import.meta.url), `${report}\n`);
  process.stdout.write(`${report}\n`);
}

async function costOf(url: string, by: Cost['by']): Promise<Pick<Cost, 'insertBytes' | 'claimAndSettleBytes'>> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  try {
    const database = postgresDatabase(pool);
    await migrate(database, outboxMigrations);
    const outbox = createOutbox({ database, ...(by === 'cdc' ? { relay: by } : {}) });
    const insert = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += batch)
        await database.transaction((trx) => outbox.publish(trx, Array.from({ length: batch }, event)));
    };
    // Pages that are touched for the first time since a checkpoint are written whole; that is not the message's cost.
    await insert(4 * batch);
    await sendAll(database);
    return {
      insertBytes: await bytesOf(database, () => insert(messages)),
      claimAndSettleBytes: await bytesOf(database, () => sendAll(database)),
    };
  } finally {
    await pool.end();
  }
}

function event(_: unknown, index: number): OutboxMessage {
  const aggregateId = `o${index % 50}`;
  return { topic: 'orders', aggregateType: 'order', aggregateId, type: 'OrderPlaced', payload: 'x'.repeat(498) };
}

/** As a relay does it, without the sending. */
async function sendAll(database: Database<pg.PoolClient>): Promise<void> {
  const store = postgresOutboxStore({ database });
  for (;;) {
    const rows = await store.claim({ limit: batch, leaseMs: 60_000 });
    if (rows.length === 0) return;
    await store.settle(rows.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
  }
}

/** A message's share of what the work adds to the log. */
async function bytesOf(database: Database<unknown>, work: () => Promise<void>): Promise<number> {
  const place = 'select (pg_current_wal_insert_lsn() - $1::pg_lsn)::float8 as bytes';
  const at = async (): Promise<number> =>
    (await database.sql.query<{ bytes: number }>(place, ['0/0'])).rows[0]?.bytes ?? 0;
  const before = await at();
  await work();
  return Math.round(((await at()) - before) / messages);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = 1;
});
