import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EngineRound, runEngineRound } from '../src/engine/engine-round.js';
import { type EngineStage, openEngineStage } from '../src/engine/engine-stage.js';
import type { WorkloadName } from '../src/engine/workloads.js';
import { type Servers, startServers } from '../src/servers.js';
import { memoryTransports } from '../src/transports.js';

/**
 * What a saga of three steps may cost at most. Counts, not times: they are the same on any machine, save that a slow one makes smaller batches, for which there is
 * room, and for the log of twice what was measured: a checkpoint in between makes the next writes log whole pages. Measured when this was written (one in flight, then 50):
 * see `docs/explanation/hot-path.md`. Raise a bound only with a reason.
 */
const bounds = {
  call: {
    alone: { statements: 26, commits: 5, walKiB: 18 },
    crowd: { statements: 3, commits: 0.6, walKiB: 12 },
    messages: 0,
  },
  local: {
    alone: { statements: 13, commits: 1.2, walKiB: 10 },
    crowd: { statements: 13, commits: 1.2, walKiB: 8 },
    messages: 0,
  },
  remote: {
    alone: { statements: 40, commits: 10, walKiB: 40 },
    crowd: { statements: 5, commits: 1, walKiB: 27 },
    messages: 6,
  },
} as const satisfies Partial<Record<WorkloadName, unknown>>;

const alone = { inFlight: 1, sagas: 20 };
const crowd = { inFlight: 50, sagas: 200 };

let servers: Servers;
let client: pg.Client;
let stage: EngineStage;

beforeAll(async () => {
  // A server of its own: the log is the whole server's.
  servers = await startServers({ withKafka: false });
  client = new pg.Client({ connectionString: servers.postgres.url });
  await client.connect();
  stage = await openEngineStage({ postgres: servers.postgres, transportFor: memoryTransports() });
});

afterAll(async () => {
  await stage?.stop();
  await client?.end();
  await servers?.stop();
});

/** What is made for each saga; what the loops ask now and then is left out, it follows the time that the run took. */
function statementsOf({ sagas }: EngineRound): number {
  const made = stage.counted.digest().filter(({ text }) => !loops.some((loop) => text.includes(loop)));
  return made.reduce((sum, { count }) => sum + count, 0) / sagas;
}
const loops = ['pg_try_advisory_xact_lock', 'deliver_after = null', 'with scanned as', 'as d (saga, version, hash)'];

it.each(Object.keys(bounds) as (keyof typeof bounds)[])('a %s saga costs no more than it did', async (workload) => {
  const { messages, ...most } = bounds[workload];
  // The first sagas of a table cost whole pages of the log.
  await runEngineRound(stage, client, { workload, inFlight: 20, sagas: 60 });
  for (const [kind, load] of [
    ['alone', alone],
    ['crowd', crowd],
  ] as const) {
    const round = await runEngineRound(stage, client, { workload, ...load });
    const statements = statementsOf(round);
    expect(round.messagesPerSaga, `messages, ${kind}`).toBe(messages);
    expect(statements, `statements, ${kind}`).toBeLessThanOrEqual(most[kind].statements);
    // On a server that was given, others may write at the same time.
    if (servers.postgres.kind === 'given') continue;
    expect(round.walBytesPerSaga / 1_024, `KiB of WAL, ${kind}`).toBeLessThanOrEqual(most[kind].walKiB);
    // Undefined where the server does not tell.
    expect(round.commitsPerSaga ?? 0, `commits, ${kind}`).toBeLessThanOrEqual(most[kind].commits);
  }
});
