import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InstanceFilter, checkFilter } from '../../src/engine/instance-filter.js';
import type { InstanceQuery } from '../../src/engine/instance-reads.js';
import { countInstances } from '../../src/postgres/count-instances.js';
import { listInstances } from '../../src/postgres/list-instances.js';
import { readGroups } from '../../src/postgres/read-groups.js';
import { sagaTables } from '../../src/postgres/saga-tables.js';
import { indexesOf, nodesOf, scansOf, statementPlans } from './plans-of.js';
import { knexSagaDatabase, type SagaDatabase } from './saga-database.js';

const tables = sagaTables('backstitch');
const million = 1_000_000;
const secondMs = 1_000;
/** The n-th instance was created n seconds after this. */
const beganAt = Date.UTC(2026, 0, 1);
const idOf = (place: number): string => `00000000-0000-7000-8000-${String(place).padStart(12, '0')}`;
const at = (place: number) => ({ createdAt: beganAt + place * secondMs, id: idOf(place) });

let db: SagaDatabase<Knex.Transaction>;

beforeAll(async () => {
  db = await knexSagaDatabase();
  const { sql } = db.database;
  // Three sagas in two versions. Of 1,000 instances 2 run, 1 goes back, 2 are parked, 15 were undone; of 50,000 one is paused.
  await sql.query(`
    insert into backstitch.saga_instances
      (id, saga, version, hash, start_key, status, paused, input, state, tags, wake_at, due_from, created_at, updated_at, finished_at)
    select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
           (array['place-order', 'place-order', 'place-order', 'return-order', 'sign-up'])[n % 5 + 1], 1 + n % 2, 'aa11', 'key-' || n,
           m.status, n % 50000 = 0, '{}',
           case m.status when 'parked' then '{"status":"parked","parked":{"from":"running","code":"STEP_FAILED","message":"no topic"},"steps":{}}'
                         else '{"status":"x","steps":{}}' end,
           '{"tenant":"acme","order":"o-' || n || '"}', m.wake_at, m.wake_at, m.at, m.at, case when m.status like 'comp%ed' then m.at end
      from generate_series(1, ${million}) n
     cross join lateral (
       select to_timestamp(${beganAt / secondMs} + n) as at, s.status,
              case when s.status in ('running', 'compensating') and n % 50000 <> 0 then timestamptz '2030-01-01' end as wake_at
         from (select case when n % 1000 in (0, 1) then 'running' when n % 1000 = 2 then 'compensating' when n % 1000 in (3, 4) then 'parked'
                           when n % 1000 < 20 then 'compensated' else 'completed' end as status) s
     ) m`);
  const tags = (name: string, value: string, only: string): string => `
    insert into backstitch.saga_tags (tag, created_at, saga_id)
    select encode(substring(sha256(convert_to('${name}' || chr(31) || ${value}, 'UTF8')) for 16), 'hex')::uuid, created_at, id
      from backstitch.saga_instances where ${only}`;
  await sql.query(tags('tenant', `'acme'`, 'true'));
  await sql.query(tags('order', `(tags::jsonb ->> 'order')`, `start_key like 'key-%77'`));
  await sql.query(`
    insert into backstitch.saga_start_keys (saga, key, fingerprint, saga_id)
    select saga, start_key, 'f', id from backstitch.saga_instances where start_key like 'key-%77'`);
  await sql.query('vacuum (analyze) backstitch.saga_instances');
  await sql.query('vacuum (analyze) backstitch.saga_tags');
  await sql.query('vacuum (analyze) backstitch.saga_start_keys');
}, 300_000);
afterAll(() => db.end());

interface Cost {
  readonly rows: number;
  /** Pages of 8 KiB that were looked into, all statements together. */
  readonly pages: number;
  readonly indexes: readonly string[];
}

async function costOf(filter: InstanceFilter, given: Partial<InstanceQuery> = {}): Promise<Cost> {
  const query: InstanceQuery = {
    ...{ filter: checkFilter(filter), order: 'newest', limit: 50, after: null, examine: 2_000 },
    ...given,
  };
  let rows = 0;
  const plans = await statementPlans(db.database, async (sql) => {
    rows = (await listInstances(sql, query, { tables })).instances.length;
  });
  const nodes = plans.flatMap(nodesOf);
  for (const table of ['saga_instances', 'saga_tags', 'saga_start_keys']) expect(scansOf(nodes, table)).toEqual([]);
  return { rows, pages: pagesOf(plans), indexes: indexesOf(nodes) };
}

function pagesOf(plans: readonly { 'Shared Hit Blocks'?: number; 'Shared Read Blocks'?: number }[]): number {
  return plans.reduce((sum, plan) => sum + (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0), 0);
}

/** Some 30 groups are each walked for a page's worth, and 51 rows are looked up: nothing of that grows with the table. */
const aPage = 1_500;

describe('on a million instances', () => {
  it.each<readonly [string, InstanceFilter, Partial<InstanceQuery>]>([
    ['the newest of all', {}, {}],
    ['the oldest of all', {}, { order: 'oldest' }],
    ['a page in the middle', {}, { after: at(500_000) }],
    ['a page in the middle, upwards', {}, { after: at(500_000), order: 'oldest' }],
    ['those of a saga', { saga: 'sign-up' }, {}],
    ['those of a saga and version, far down', { saga: 'place-order', version: 1 }, { after: at(123_456) }],
    ['those that are parked', { status: 'parked' }, {}],
    ['those that are live', { status: ['running', 'compensating', 'parked'] }, { after: at(300_000) }],
    ['those that were undone, of one version', { status: 'compensated', version: 2 }, { after: at(900_000) }],
    ['those of a time', { createdAfter: at(400_000).createdAt, createdBefore: at(400_100).createdAt }, {}],
    ['those of a time, far behind its end', { createdBefore: at(990_000).createdAt }, { after: at(10_000) }],
    ['the parked of a time', { status: 'parked', createdBefore: at(40_000).createdAt }, { order: 'oldest' }],
    ['those with a tag that all have', { tag: { name: 'tenant', value: 'acme' } }, { after: at(500_000) }],
  ])('%s: a page costs no more than a page, however many there are', async (_, filter, given) => {
    const { rows, pages } = await costOf(filter, given);
    expect(rows).toBe(50);
    expect(pages).toBeLessThan(aPage);
  });

  it.each<readonly [string, InstanceFilter, number, string]>([
    ['the one with a start key', { startKey: 'key-500077' }, 1, 'saga_start_keys_pkey'],
    ['the one with a tag', { tag: { name: 'order', value: 'o-500077' } }, 1, 'saga_tags_pkey'],
    ['the paused', { paused: true }, 20, 'saga_instances_paused'],
    ['the paused of a saga', { paused: true, saga: 'sign-up' }, 0, 'saga_instances_paused'],
  ])('%s: found by an index', async (_, filter, found, index) => {
    const { rows, pages, indexes } = await costOf(filter);
    expect(rows).toBe(found);
    expect(indexes).toContain(index);
    expect(pages).toBeLessThan(aPage);
  });

  it.each<readonly [string, InstanceFilter]>([
    ['a text', { text: 'o-500077' }],
    ['a text among the parked', { text: 'quota', status: 'parked' }],
    [
      'a rare status of a tag that all have',
      { tag: { name: 'tenant', value: 'acme' }, status: 'compensating', version: 1 },
    ],
    ['what has not moved', { updatedBefore: beganAt }],
  ])('%s: no index serves it, so that a page looks at as many as it may, and no more', async (_, filter) => {
    const { pages } = await costOf(filter, { examine: 2_000 });
    // Each that is looked at is found by its key: four pages.
    expect(pages).toBeLessThan(aPage + 2_000 * 5);
  });

  it('the groups of a saga are found by as many steps as there are', async () => {
    const plans = await statementPlans(db.database, (sql) =>
      readGroups(sql, { saga: 'place-order' }, { table: tables.instances }),
    );
    expect(pagesOf(plans)).toBeLessThan(100);
  });

  it('counts are bounded, and exact up to their bound', async () => {
    let counts: Awaited<ReturnType<typeof countInstances>> | undefined;
    const plans = await statementPlans(db.database, async (sql) => {
      counts = await countInstances(sql, { countTo: 10_000 }, { table: tables.instances });
    });
    expect(scansOf(plans.flatMap(nodesOf), 'saga_instances')).toEqual([]);
    expect(indexesOf(plans.flatMap(nodesOf))).toEqual(['saga_instances_listed', 'saga_instances_paused']);
    // Six groups of finished ones reach the bound; an entry takes some 70 bytes.
    expect(pagesOf(plans)).toBeLessThan(aPage);
    const parked = counts?.groups.filter(({ status }) => status === 'parked') ?? [];
    expect(parked.reduce((sum, { count }) => sum + count, 0)).toBe(2_000);
    expect(counts?.groups.find(({ saga, status }) => saga === 'place-order' && status === 'completed')).toMatchObject({
      count: 10_000,
      isMore: true,
    });
    expect(counts?.paused).toEqual({ count: 20, isMore: false });
  });
});
