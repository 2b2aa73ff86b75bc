import type { Sql } from '@backstitch/postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NewOutboxRow, postgresOutboxStore, postgresOutboxTable } from '../../src/index.js';
import { claimNextSql } from '../../src/postgres/claim-next-rows.js';
import { admitSql } from '../../src/postgres/admit-rows.js';
import { takeTurn } from '../../src/postgres/take-turn.js';
import { settleRows } from '../../src/postgres/settle-rows.js';
import { pruneSql } from '../../src/postgres/prune-rows.js';
import { newRow } from '../../src/testing/conformance/new-row.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';
import { type PlanNode, planOf } from './plan-of.js';

let db: OutboxDatabase;
beforeAll(async () => {
  db = await outboxDatabase();
});
afterAll(() => db.end());
afterEach(() => db.clear());

const table = postgresOutboxTable();
const insert = (...rows: readonly NewOutboxRow[]) => db.database.transaction((_trx, sql) => table.insert(sql, rows));
const store = () => postgresOutboxStore({ database: db.database });
const claimed = async () => (await store().claim({ limit: 100, leaseMs: 30_000 })).map((row) => row.id);

describe('a claim', () => {
  it('gives nothing while another one is under way', async () => {
    await insert(newRow());
    const other = await db.knex.transaction();
    await other.raw("select pg_advisory_xact_lock(hashtextextended('backstitch.outbox.claim:backstitch', 0))");
    const meanwhile = await claimed();
    await other.commit();
    expect(meanwhile).toEqual([]);
    expect(await claimed()).toHaveLength(1);
  });

  it('passes over a row that some transaction has locked, and over what is behind it, without waiting', async () => {
    const [locked, behind, other] = [newRow(), newRow(), newRow({ key: 'k2' })];
    await insert(locked, behind, other);
    const open = await db.knex.transaction();
    await open.raw('select from backstitch.outbox_events where id = ? for update', [locked.id]);
    const whileLocked = await claimed();
    await open.rollback();
    expect(whileLocked).toEqual([other.id]);
    expect(await claimed()).toEqual([locked.id, behind.id]);
  });

  it('gives a row to only one of many that claim at the same time', async () => {
    await insert(...Array.from({ length: 60 }, (_, index) => newRow({ key: `k${index % 7}` })));
    const seen: string[] = [];
    while (seen.length < 60) {
      const rounds = await Promise.all([1, 2, 3, 4].map(() => store().claim({ limit: 5, leaseMs: 30_000 })));
      const rows = rounds.flat();
      seen.push(...rows.map((row) => row.id));
      await store().settle(rows.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
    }
    expect(new Set(seen).size).toBe(60);
  });
});

describe('the table', () => {
  it('leaves room on its pages for the copies that a claim makes, and is vacuumed by the shares of a queue', async () => {
    const { rows } = await db.database.sql.query<{ options: readonly string[] }>(
      `select reloptions as options from pg_class where oid = 'backstitch.outbox_events'::regclass`,
    );
    expect(rows[0]?.options).toEqual(
      expect.arrayContaining([
        'fillfactor=47',
        'autovacuum_vacuum_scale_factor=0.02',
        'autovacuum_analyze_scale_factor=0.02',
      ]),
    );
  });
});

describe('onFailed', () => {
  it('runs in the transaction that makes the row FAILED: what it throws undoes that', async () => {
    const row = newRow({ maxRetries: 0 });
    await insert(row);
    const failing = postgresOutboxStore({
      database: db.database,
      onFailed: async (sql: Sql, rows) => {
        await sql.query('update backstitch.outbox_events set event_type = $1 where id = $2', ['told', rows[0]?.id]);
        throw new Error('the machine refused');
      },
    });
    const [{ id, epoch }] = (await failing.claim({ limit: 1, leaseMs: 30_000 })) as unknown as [
      { id: string; epoch: number },
    ];
    const settlement = {
      id,
      epoch,
      outcome: { kind: 'refused', code: 'UNKNOWN_TOPIC', message: 'no such topic' },
    } as const;
    await expect(failing.settle([settlement])).rejects.toThrow('the machine refused');
    const { rows } = await db.database.sql.query('select status, event_type from backstitch.outbox_events');
    expect(rows).toEqual([{ status: 'PENDING', event_type: 'OrderPlaced' }]);
    expect(await store().settle([settlement])).toEqual([{ id, kind: 'failed', retryCount: 0 }]);
  });
});

describe('the transaction of a claim', () => {
  // By the cost that it puts on what it may not do, Postgres before 18 would compile each claim: a second, not a millisecond.
  it('is never compiled', async () => {
    const jit = await db.database.transaction(async (_trx, sql) => {
      await sql.query(takeTurn, ['settings']);
      return (await sql.query<{ jit: string }>("select current_setting('jit') as jit")).rows[0]?.jit;
    });
    expect(jit).toBe('off');
  });
});

describe('a claimer that hangs in the middle of its claim', () => {
  it('loses its turn, and another one claims', async () => {
    await insert(newRow());
    let goOn = (): void => undefined;
    const went = new Promise<void>((resolve) => (goOn = resolve));
    let took = (): void => undefined;
    const taken = new Promise<void>((resolve) => (took = resolve));
    const hanging = db.database.transaction(async (_trx, sql) => {
      const turn = await sql.query<{ mine: boolean }>(takeTurn, ['backstitch.outbox.claim:backstitch']);
      expect(turn.rows[0]?.mine).toBe(true);
      took();
      await went;
    });
    hanging.catch(() => undefined);
    await taken;
    let rows = await claimed();
    expect(rows).toEqual([]);
    while (rows.length === 0) {
      await db.database.sql.query('select pg_sleep(0.1)');
      rows = await claimed();
    }
    goOn();
    expect(rows).toHaveLength(1);
    await expect(hanging).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

describe('with 100,000 sent rows and 1,000 unsent ones', () => {
  const name = '"backstitch".outbox_events';
  const tables = { table: name, releasesTable: '"backstitch".outbox_lane_releases' };
  const fill = `insert into ${name} (id, aggregate_type, aggregate_id, event_type, payload, topic, key, status, sent_at)
    select gen_random_uuid(), 'order', 'o' || n, 'OrderPlaced', repeat('x', 200), 'orders', 'o' || n % 5000,
           case when n <= 100000 then 'SENT' else 'PENDING' end, case when n <= 100000 then now() end
      from generate_series(1, 101000) n`;

  // As in life: the statistics may be of a time when the table was empty.
  it.each(['analysed', 'stale'])(
    'the claim walks the index of unsent rows in order and never scans the table (%s)',
    async (statistics) => {
      await db.database.sql.query(`vacuum analyze ${name}`);
      await db.database.sql.query(fill);
      if (statistics === 'analysed') await db.database.sql.query(`vacuum analyze ${name}`);
      const nodes = await db.database.transaction(async (_trx, sql) => {
        await sql.query(takeTurn, ['plan']);
        return planOf(sql, claimNextSql(tables), [30_000, 500, 2_000]);
      });
      const scans = nodes.filter((node) => node['Relation Name'] === 'outbox_events').map((node) => node['Node Type']);
      expect(scans).not.toContain('Seq Scan');
      expect(scans).not.toContain('Bitmap Heap Scan');
      expect(nodes.map((node) => node['Index Name'])).toContain('outbox_events_unsent');
      expect((await store().claim({ limit: 500, leaseMs: 30_000 })).length).toBe(500);
    },
  );

  it('the settlement looks rows up by their ids, also with stale statistics', async () => {
    await db.database.sql.query(`vacuum analyze ${name}`);
    await db.database.sql.query(fill);
    const rows = await store().claim({ limit: 3, leaseMs: 30_000 });
    const seen: PlanNode[] = [];
    const explaining: Sql = {
      query: async (text, values) => {
        seen.push(...(await planOf(db.database.sql, text, values ?? [])));
        return db.database.sql.query(text, values);
      },
    };
    const settlements = rows.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } as const }));
    await settleRows(explaining, settlements, { table: name, retryBaseMs: 1, retryLongestMs: 1 });
    expect(seen.map((node) => node['Index Name'])).toContain('outbox_events_pkey');
    expect(seen.map((node) => node['Node Type'])).not.toContain('Seq Scan');
  });

  it.each(['analysed', 'stale'])(
    'the claim by rooms, and the look for due rows, keep to their indexes (%s)',
    async (statistics) => {
      await db.database.sql.query(`vacuum analyze ${name}`);
      await db.database.sql.query(fill);
      await db.database.sql.query(`update ${name} set ordered = false, deliver_after = now() + interval '1 day'
      where status = 'PENDING' and right(id::text, 1) < '8'`);
      if (statistics === 'analysed') await db.database.sql.query(`vacuum analyze ${name}`);
      const nodes = await db.database.transaction(async (_trx, sql) => {
        await sql.query(takeTurn, ['plan']);
        return [
          ...(await planOf(sql, claimNextSql(tables, 'by rooms'), [30_000, 500, 2_000, 'a', 'a,b', '0,5'])),
          ...(await planOf(sql, admitSql(tables), [5_000])),
        ];
      });
      const scans = nodes.filter((node) => node['Relation Name'] === 'outbox_events').map((node) => node['Node Type']);
      expect(scans).not.toContain('Seq Scan');
      expect(scans).not.toContain('Bitmap Heap Scan');
      const indexes = nodes.map((node) => node['Index Name']);
      expect(indexes).toContain('outbox_events_unsent');
      expect(indexes).toContain('outbox_events_delayed');
    },
  );

  it('pruning walks the index on status and age', async () => {
    await db.database.sql.query(fill);
    await db.database.sql.query(`vacuum analyze ${name}`);
    const nodes = await planOf(db.database.sql, pruneSql(name), [86_400_000, 1_000]);
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
    expect(nodes.map((node) => node['Index Name'])).toContain('outbox_events_status');
  });
});
