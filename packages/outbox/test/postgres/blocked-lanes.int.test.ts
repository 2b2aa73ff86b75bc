import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type NewOutboxRow,
  postgresOutboxOperations,
  postgresOutboxStore,
  postgresOutboxTable,
} from '../../src/index.js';
import { admitSql } from '../../src/postgres/admit-rows.js';
import { blockSql } from '../../src/postgres/block-rows.js';
import { claimNextSql } from '../../src/postgres/claim-next-rows.js';
import { takeTurn } from '../../src/postgres/take-turn.js';
import { newRow, refusal } from '../../src/testing/conformance/new-row.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';
import { planOf } from './plan-of.js';

let db: OutboxDatabase;
beforeAll(async () => {
  db = await outboxDatabase();
});
afterAll(() => db.end());
afterEach(() => db.clear());

const name = '"backstitch".outbox_events';
const note = { actor: 'ada', reason: 'OPS-1' };
const outbox = postgresOutboxTable();
const insert = (...rows: readonly NewOutboxRow[]) => db.database.transaction((_trx, sql) => outbox.insert(sql, rows));
const store = (retryBaseMs = 5_000) => postgresOutboxStore({ database: db.database, retryBaseMs });
const operations = () => postgresOutboxOperations({ database: db.database });
const claim = (limit = 100) => store().claim({ limit, leaseMs: 30_000 });
const idsOf = (rows: readonly { readonly id: string }[]) => rows.map((row) => row.id);
const count = async (what: string): Promise<number> =>
  Number((await db.database.sql.query<{ n: string }>(`select count(*) as n from ${what}`)).rows[0]?.n);
const blockedRows = () => count(`${name} where blocked`);
const entries = () => count('backstitch.outbox_lane_releases');

/** A lane with a FAILED head. Answers the head. */
async function failedHead(): Promise<NewOutboxRow> {
  const head = newRow({ maxRetries: 0 });
  await insert(head);
  const claimed = await claim(1);
  await store().settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: refusal })));
  return head;
}

const followersSql = `
insert into ${name} (id, aggregate_type, aggregate_id, event_type, payload, topic, key)
select gen_random_uuid(), 'order', 'k1', 'OrderPlaced', '{}', 'orders', 'k1' from generate_series(1, $1::integer)`;

describe('rows behind one that FAILED', () => {
  it('leave the index of the claim when a claim comes upon them, and come back in order, so many at a time', async () => {
    const head = await failedHead();
    await db.database.sql.query(followersSql, [6_000]);
    expect([await claim(), await claim()]).toEqual([[], []]);
    expect(await blockedRows()).toBe(6_000);
    await operations().requeue([head.id], note);
    const seen: number[] = [];
    for (let claims = 0; claims < 3; claims += 1) {
      const rows = await claim(6_000);
      seen.push(...rows.map((row) => row.seq));
      await store().settle(rows.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
    }
    expect(seen).toHaveLength(6_001);
    expect(seen).toEqual([...seen].sort((one, other) => one - other));
    expect([await blockedRows(), await entries()]).toEqual([0, 0]);
  });

  it('are not overtaken by a new row of the lane while only a part of them is free again', async () => {
    const head = await failedHead();
    await db.database.sql.query(followersSql, [5_100]);
    expect([await claim(), await claim()]).toEqual([[], []]);
    await operations().drop([head.id], note);
    const late = newRow();
    await insert(late);
    const first = await claim(20_000);
    expect(first).toHaveLength(5_000);
    expect(idsOf(first)).not.toContain(late.id);
    await store().settle(first.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
    const rest: string[] = [];
    while (rest.length < 101) rest.push(...idsOf(await claim(20_000)));
    expect(rest.at(-1)).toBe(late.id);
  });

  it('are freed although a claim blocked them beside the transaction that took their head away', async () => {
    const head = await failedHead();
    const behind = newRow();
    await insert(behind);
    const open = await db.knex.transaction();
    await outbox.withdraw(db.database.within(open), [head.id]);
    expect(await claim()).toEqual([]);
    expect(await blockedRows()).toBe(1);
    await open.commit();
    expect(idsOf(await claim())).toEqual([behind.id]);
    expect(await entries()).toBe(0);
  });

  it('are freed by whoever moves their head with SQL of his own', async () => {
    const head = await failedHead();
    const behind = newRow();
    await insert(behind);
    expect(await claim()).toEqual([]);
    await db.database.sql.query(`update ${name} set status = 'PENDING', retry_count = 0 where id = $1`, [head.id]);
    expect(idsOf(await claim())).toEqual([head.id, behind.id]);
  });

  it('wait without being waited for where somebody has them locked', async () => {
    const head = await failedHead();
    const [locked, behind] = [newRow(), newRow()];
    await insert(locked, behind);
    expect(await claim()).toEqual([]);
    const open = await db.knex.transaction();
    await open.raw(`select from ${name} where id = ? for update`, [locked.id]);
    await operations().drop([head.id], note);
    expect(await claim()).toEqual([]);
    await open.rollback();
    expect(idsOf(await claim())).toEqual([locked.id, behind.id]);
  });
});

describe('rows behind one that waits for its retry', () => {
  const refusedHead = async (retryBaseMs: number): Promise<readonly [NewOutboxRow, NewOutboxRow]> => {
    const rows = [newRow(), newRow()] as const;
    await insert(...rows);
    const claimed = await claim(1);
    await store(retryBaseMs).settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: refusal })));
    expect(await claim()).toEqual([]);
    return rows;
  };

  it('are blocked while that takes more than a minute, and sent when it has been sent', async () => {
    const [head, behind] = await refusedHead(90_000);
    expect(await blockedRows()).toBe(1);
    await db.elapse(90_000);
    const [again] = await claim();
    expect(again?.id).toBe(head.id);
    expect(await claim()).toEqual([]);
    await store().settle([{ id: head.id, epoch: again?.epoch ?? -1, outcome: { kind: 'sent' } }]);
    expect(idsOf(await claim())).toEqual([behind.id]);
  });

  it('are left where they are when it takes less', async () => {
    const rows = await refusedHead(5_000);
    expect(await blockedRows()).toBe(0);
    await db.elapse(5_000);
    expect(idsOf(await claim())).toEqual(idsOf(rows));
  });
});

it('keeps the order of every lane and forgets no row while claims, refusals and an operator meet', async () => {
  const lanes = 6;
  const rows = Array.from({ length: 120 }, (_, index) => newRow({ key: `k${index % lanes}`, maxRetries: 0 }));
  await insert(...rows);
  const laneOf = new Map(rows.map((row) => [row.id, row.key]));
  const sent: string[] = [];
  let turns = 0;
  const relay = async (): Promise<void> => {
    while (sent.length < rows.length) {
      const claimed = await store().claim({ limit: 10, leaseMs: 30_000 });
      turns += 1;
      // Only the first of a batch is sent or refused, as by a broker that answers at random: the others are given back.
      const refuses = turns % 3 === 0;
      const outcome = refuses ? refusal : ({ kind: 'sent' } as const);
      const settled = await store().settle(
        claimed.map(({ id, epoch }, at) => ({ id, epoch, outcome: at === 0 ? outcome : { kind: 'released' } })),
      );
      sent.push(...settled.filter((row) => row.kind === 'sent').map((row) => row.id));
    }
  };
  const operator = async (): Promise<void> => {
    while (sent.length < rows.length) {
      const failed = await operations().list({ limit: 9 });
      await operations().requeue(idsOf(failed), note);
    }
  };
  await Promise.all([relay(), relay(), operator()]);
  for (const key of new Set(laneOf.values())) {
    expect(sent.filter((id) => laneOf.get(id) === key)).toEqual(idsOf(rows.filter((row) => row.key === key)));
  }
  expect(await count(`${name} where status <> 'SENT'`)).toBe(0);
});

describe('with 20,000 blocked rows beside 50,000 sent ones', () => {
  const tables = { table: name, releasesTable: '"backstitch".outbox_lane_releases' };
  const fill = `insert into ${name} (id, aggregate_type, aggregate_id, event_type, payload, topic, key, status, sent_at, blocked)
    select gen_random_uuid(), 'order', 'o' || n, 'OrderPlaced', repeat('x', 200), 'orders', 'o' || n % 50,
           case when n <= 50000 then 'SENT' else 'PENDING' end, case when n <= 50000 then now() end, n > 50000
      from generate_series(1, 70000) n`;

  it.each(['analysed', 'stale'])(
    'the claim keeps to the index without them, and freeing a lane to theirs (%s)',
    async (statistics) => {
      await db.database.sql.query(`vacuum analyze ${name}`);
      await db.database.sql.query(fill);
      await db.database.sql.query(`insert into ${tables.releasesTable} (topic, key) values ('orders', 'o7')`);
      if (statistics === 'analysed') await db.database.sql.query(`vacuum analyze ${name}, ${tables.releasesTable}`);
      const { claiming, admitting, blocking } = await db.database.transaction(async (_trx, sql) => {
        await sql.query(takeTurn, ['plan']);
        return {
          claiming: await planOf(sql, claimNextSql(tables), [30_000, 500, 2_000]),
          admitting: await planOf(sql, admitSql(tables), [5_000]),
          blocking: await planOf(sql, blockSql(name), [5_000]),
        };
      });
      for (const nodes of [claiming, admitting, blocking]) {
        const scans = nodes
          .filter((node) => node['Relation Name'] === 'outbox_events')
          .map((node) => node['Node Type']);
        expect(scans).not.toContain('Seq Scan');
        expect(scans).not.toContain('Bitmap Heap Scan');
      }
      for (const nodes of [claiming, blocking]) {
        expect(nodes.map((node) => node['Index Name'])).toContain('outbox_events_unsent');
      }
      expect(claiming.map((node) => node['Index Name'])).toContain('outbox_events_stuck');
      expect(admitting.map((node) => node['Index Name'])).toContain('outbox_events_blocked');
      expect(await claim(500)).toHaveLength(400);
    },
  );
});
