import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createPruner, outboxMigrations, postgresOutboxStore, postgresOutboxTable } from '@backstitch/outbox';
import { type Database, migrate, postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';
import { readEnvironment, round } from './environment.js';
import { startServers } from './servers.js';
import { percentile } from './summary.js';

const helpText = `Usage: node bench/dist/outbox-retention.js [--rows 10000000] [--note text]

What a claim and a settlement of 500 rows cost beside so many sent rows, against an empty table, and how fast those are pruned. Written to
bench/results/outbox-retention.json. Ten million rows take about 15 GiB and half an hour.
`;

const rounds = 20;
const rowsPerRound = 500;

interface Cost {
  readonly claimP50Ms: number;
  readonly claimMostMs: number;
  readonly settleP50Ms: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '10000000' },
      note: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(helpText);
  const sentRows = Number(values.rows);
  const servers = await startServers({ withKafka: false });
  const pool = new pg.Pool({ connectionString: await servers.postgres.createDatabase(), max: 4 });
  try {
    const database = postgresDatabase(pool);
    await migrate(database, outboxMigrations);
    const client = new pg.Client({ connectionString: servers.postgres.url });
    await client.connect();
    const environment = await readEnvironment(client, 'none');
    await client.end();
    await claimCost(database);
    await pool.query('truncate backstitch.outbox_events');
    const empty = await claimCost(database);
    await fillWithSent(database, sentRows);
    const full = await claimCost(database);
    const size = await database.sql.query<{ bytes: string }>(
      `select pg_total_relation_size('backstitch.outbox_events') as bytes`,
    );
    const pruned = await pruneRate(database);
    const report = {
      ...{ at: new Date().toISOString(), note: values.note, environment, sentRows, empty, full },
      claimRatio: round(full.claimP50Ms / empty.claimP50Ms),
      tableGiB: round(Number(size.rows[0]?.bytes) / 2 ** 30),
      prunedRowsPerSecond: pruned,
    };
    const folder = new URL('../results/', import.meta.url);
    await mkdir(folder, { recursive: true });
    await writeFile(new URL('outbox-retention.json', folder), `${JSON.stringify(report, null, 2)}\n`);
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await pool.end();
    await servers.stop();
  }
}

async function claimCost(database: Database<pg.PoolClient>): Promise<Cost> {
  const store = postgresOutboxStore({ database });
  const insertSql = `insert into backstitch.outbox_events (id, aggregate_type, aggregate_id, event_type, payload, topic, key)
    select gen_random_uuid(), 'order', 'o' || n, 'OrderPlaced', '{"x":"' || repeat('x', 280) || '"}', 'orders', 'o' || n % 5000
      from generate_series(1, $1::integer) n`;
  const claims: number[] = [];
  const settlements: number[] = [];
  for (let count = 0; count < rounds; count += 1) {
    await database.sql.query(insertSql, [rowsPerRound]);
    const beganAtMs = performance.now();
    const rows = await store.claim({ limit: rowsPerRound, leaseMs: 60_000 });
    const claimedAtMs = performance.now();
    await store.settle(rows.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
    claims.push(claimedAtMs - beganAtMs);
    settlements.push(performance.now() - claimedAtMs);
    if (rows.length !== rowsPerRound) throw new Error(`a claim gave ${rows.length} rows`);
  }
  return {
    claimP50Ms: round(percentile(claims, 0.5)),
    claimMostMs: round(percentile(claims, 1)),
    settleP50Ms: round(percentile(settlements, 0.5)),
  };
}

/** Straight into the table: 100,000 a transaction, an hour older than those that are kept. */
async function fillWithSent(database: Database<pg.PoolClient>, rows: number): Promise<void> {
  const fillSql = `insert into backstitch.outbox_events
      (id, aggregate_type, aggregate_id, event_type, payload, topic, key, status, created_at, sent_at)
    select gen_random_uuid(), 'order', 'o' || n, 'OrderPlaced', '{"x":"' || repeat('x', 280) || '"}', 'orders', 'o' || n % 5000,
           'SENT', now() - interval '2 hours', now() - interval '1 hour'
      from generate_series(1, $1::integer) n`;
  for (let from = 0; from < rows; from += 100_000) {
    await database.sql.query(fillSql, [Math.min(100_000, rows - from)]);
  }
  await database.sql.query('vacuum analyze backstitch.outbox_events');
}

/** Rows a second that a pruner without rests deletes, over at most 20 statements, with an unsent row that must stay. */
async function pruneRate(database: Database<pg.PoolClient>): Promise<number> {
  const row = { topic: 'orders', key: 'k', payload: '{}', headers: {}, aggregateType: 'order', aggregateId: 'k' };
  const id = '00000000-0000-7000-8000-000000000001';
  const table = postgresOutboxTable();
  await database.transaction((_trx, sql) =>
    table.insert(sql, [{ ...row, id, eventType: 'OrderPlaced', ordered: true }]),
  );
  const pruner = createPruner({ store: postgresOutboxStore({ database }), keepMs: 1_800_000 });
  const beganAtMs = performance.now();
  let deleted = 0;
  for (let count = 0; count < 20; count += 1) deleted += await pruner.runOnce();
  const perSecond = round(deleted / ((performance.now() - beganAtMs) / 1_000));
  const left = await database.transaction((_trx, sql) => table.unsent(sql, [id]));
  if (left.length !== 1) throw new Error('an unsent row was pruned');
  return perSecond;
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = 1;
});
