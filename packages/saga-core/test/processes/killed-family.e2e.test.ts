import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describeWithKafka, kafkaBrokers, testDatabase } from '@backstitch/devkit/testing';
import { createSeededRandom } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

const script = fileURLToPath(new URL('family/process.mjs', import.meta.url));
const items = ['a', 'b', 'c'];
const whole = [...items, 'box', 'wrap', 'last'];

/** Twelve orders of three customers, in two shares: each fourth cannot be fulfilled. */
const orders = Array.from({ length: 12 }, (_, index) => ({
  order: `o${Math.floor(index / 4)}-${index % 4}`,
  customer: `c${index % 3}`,
  items,
}));

describeWithKafka('two orchestrators and two participants, killed at random under locks, lists and children', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  let knex: Knex;
  let url: string;
  let drop: () => Promise<void>;
  const children = new Set<ChildProcess>();
  beforeAll(async () => {
    const database = await testDatabase();
    ({ url, drop } = database);
    knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 4 } });
    await knex.raw('create table effects (thing text primary key, n integer not null check (n in (0, 1)))');
    await knex.raw('create table labels ("order" text primary key)');
    await knex.raw('create table inside (customer text primary key)');
  });
  afterEach(() => Promise.all([...children].map(kill)));
  afterAll(async () => {
    await knex.destroy();
    await drop();
  });

  const start = (role: string, share: readonly object[] = []): ChildProcess => {
    const child = fork(script, {
      env: {
        ...process.env,
        DATABASE_URL: url,
        KAFKA_BROKERS: (kafkaBrokers() ?? []).join(','),
        ROLE: role,
        ORDERS: JSON.stringify(share),
      },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.add(child);
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    children.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  /** Waits for so many facts in the journals, or for the end of all. */
  const progress = async (target: number): Promise<number> => {
    for (;;) {
      const { rows } = await knex.raw<{ rows: { facts: number; open: number }[] }>(
        `select (select count(*)::int from backstitch.saga_journal) as facts,
                ${orders.length} - (select count(*)::int from backstitch.saga_instances
                                     where saga = 'fulfil' and finished_at is not null) as open,
                pg_sleep(0.05)`,
      );
      const { facts = 0, open = 0 } = rows[0] ?? {};
      if (facts >= target || open === 0) return facts;
    }
  };

  it(`leave each order with all of its effects or with none, one of a customer at a time (SEED=${seed})`, async () => {
    const random = createSeededRandom(seed);
    const shares = [orders.slice(0, 6), orders.slice(6)];
    const first = start('orchestrator', shares[0]);
    expect(await Promise.race([once(first, 'message'), once(first, 'exit')])).toEqual([{ kind: 'ready' }, undefined]);
    const group = [
      { role: 'orchestrator', share: shares[0], child: first },
      { role: 'orchestrator', share: shares[1], child: start('orchestrator', shares[1]) },
      { role: 'participant', share: [], child: start('participant') },
      { role: 'participant', share: [], child: start('participant') },
    ];
    let facts = await progress(5);
    for (let kills = 0; kills < 8; kills += 1) {
      const one = group[random.integer(group.length)];
      if (one === undefined) continue;
      await kill(one.child);
      one.child = start(one.role, one.share);
      facts = await progress(facts + 8 + random.integer(12));
    }
    await progress(Number.POSITIVE_INFINITY);

    const instances = await knex
      .withSchema('backstitch')
      .from('saga_instances')
      .where({ saga: 'fulfil' })
      .select<{ input: string; status: string; state: string }[]>('input', 'status', 'state');
    expect(instances).toHaveLength(orders.length);
    const completed = instances.filter(({ status }) => status === 'completed').map(orderOf);
    const failures = instances
      .filter(({ status }) => status === 'compensated')
      .map(({ state }) => (JSON.parse(state) as { failure: { code: string } }).failure.code);
    // `STEP_FAILED` would be the second order of a customer inside.
    expect([...new Set(failures)].filter((code) => code !== 'SOLD_OUT' && code !== 'STEP_TIMED_OUT')).toEqual([]);
    expect(completed.filter((order) => order.endsWith('3'))).toEqual([]);
    const there = await knex('effects').where({ n: 1 }).pluck<string[]>('thing');
    expect(there.sort()).toEqual(completed.flatMap((order) => whole.map((what) => `${order}/${what}`)).sort());
    expect((await knex('labels').pluck<string[]>('order')).sort()).toEqual(completed.sort());
    expect(await knex('inside')).toEqual([]);
    expect(await knex.withSchema('backstitch').from('saga_locks')).toEqual([]);
    const { rows } = await knex.raw(
      "select count(*)::int as n from backstitch.saga_instances where finished_at is null or status = 'parked'",
    );
    expect(rows).toEqual([{ n: 0 }]);
    process.stderr.write(`killed-family: SEED=${seed}, ${completed.length} completed, ${failures.length} undone\n`);
  });
});

function orderOf({ input }: { readonly input: string }): string {
  return (JSON.parse(input) as { order: string }).order;
}
