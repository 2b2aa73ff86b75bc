import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readEnvironment, round } from './environment.js';
import { blockedCost } from './growth/blocked-lanes.js';
import { type GrowthTable, growthTable } from './growth/growth-table.js';
import { type ClaimCost, measuredClaim } from './growth/measured-claim.js';
import { startServers } from './servers.js';
import { type Spread, spread } from './summary.js';

const helpText = `Usage: node bench/dist/outbox-growth.js [--rows 0,1000000,10000000] [--rounds 60] [--blocked 100000] [--note text]

What a claim and a settlement of 500 rows cost beside so many sent rows: databases of one server, measured in turn, round by round; and beside so
many rows that wait behind FAILED ones. Written to bench/results/outbox-growth.json. Ten million rows take about 15 GiB and ten minutes.
`;

/** Of each table, before anything counts: plans, catalogue and pages are warm then. */
const warmRounds = 5;

type Costs = Readonly<Record<keyof ClaimCost, Spread>>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '0,1000000,10000000' },
      rounds: { type: 'string', default: '60' },
      blocked: { type: 'string', default: '100000' },
      note: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(helpText);
  const servers = await startServers({ withKafka: false });
  const tables: GrowthTable[] = [];
  try {
    const client = new pg.Client({ connectionString: servers.postgres.url });
    await client.connect();
    const environment = await readEnvironment(client, 'none');
    for (const rows of values.rows.split(',').map(Number)) {
      tables.push(await growthTable(servers.postgres, rows));
      process.stderr.write(`${rows} sent rows are there\n`);
    }
    // What the filling left to be written would otherwise be written during the first rounds.
    await client.query('checkpoint');
    await client.end();
    const costs = await inTurn(tables, Number(values.rounds));
    const report = {
      ...{ at: new Date().toISOString(), note: values.note, environment, rounds: Number(values.rounds) },
      tables: await Promise.all(tables.map((table) => summaryOf(table, costs))),
      blocked: await blockedCost(servers.postgres, Number(values.blocked)),
    };
    const folder = new URL('../results/', import.meta.url);
    await mkdir(folder, { recursive: true });
    await writeFile(new URL('outbox-growth.json', folder), `${JSON.stringify(report, null, 2)}\n`);
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } finally {
    await Promise.all(tables.map((table) => table.close()));
    await servers.stop();
  }
}

/** One round measures every table, and the next begins with another: what disturbs the machine disturbs them alike. */
async function inTurn(tables: readonly GrowthTable[], rounds: number): Promise<Map<GrowthTable, ClaimCost[]>> {
  const costs = new Map(tables.map((table) => [table, [] as ClaimCost[]]));
  for (let count = -warmRounds; count < rounds; count += 1) {
    const first = (count + warmRounds) % tables.length;
    for (const table of [...tables.slice(first), ...tables.slice(0, first)]) {
      const cost = await measuredClaim(table);
      if (count >= 0) costs.get(table)?.push(cost);
    }
  }
  return costs;
}

async function summaryOf(table: GrowthTable, costs: ReadonlyMap<GrowthTable, readonly ClaimCost[]>): Promise<object> {
  const own = costs.get(table) ?? [];
  const [least] = [...costs.keys()].sort((one, other) => one.sentRows - other.sentRows);
  const base = least === undefined ? [] : (costs.get(least) ?? []);
  const { rows } = await table.pool.query<{ heap: string; indexes: string }>(
    `select pg_table_size('backstitch.outbox_events') as heap, pg_indexes_size('backstitch.outbox_events') as indexes`,
  );
  return {
    name: table.name,
    sentRows: table.sentRows,
    claimTimesThatOfTheFirst: ratio(own, base, 'claimMs'),
    settleTimesThatOfTheFirst: ratio(own, base, 'settleMs'),
    ...costsOf(own),
    tableMiB: round(Number(rows[0]?.heap) / 2 ** 20),
    indexesMiB: round(Number(rows[0]?.indexes) / 2 ** 20),
  };
}

function ratio(own: readonly ClaimCost[], base: readonly ClaimCost[], field: 'claimMs' | 'settleMs'): number {
  const median = (costs: readonly ClaimCost[]): number => spread(costs.map((cost) => cost[field])).median;
  return round(median(own) / median(base));
}

function costsOf(costs: readonly ClaimCost[]): Costs {
  const of = (field: keyof ClaimCost): Spread => {
    const { median, least, most } = spread(costs.map((cost) => cost[field]));
    return { median: round(median), least: round(least), most: round(most) };
  };
  return {
    claimMs: of('claimMs'),
    settleMs: of('settleMs'),
    claimStatements: of('claimStatements'),
    claimHeapPages: of('claimHeapPages'),
    claimIndexPages: of('claimIndexPages'),
    claimWalBytesPerRow: of('claimWalBytesPerRow'),
    walBytesPerRow: of('walBytesPerRow'),
  };
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = 1;
});
