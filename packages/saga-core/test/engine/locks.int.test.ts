import { testDatabase } from '@backstitch/devkit/testing';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SagaHandle } from '../../src/index.js';
import type { PostgresEngine } from '../../src/postgres/index.js';
import { openRooms, type Rooms, stay, stayOrNot, stayShort, stuck, tour, visit } from './locks-fixture.js';

let rooms: Rooms;
let drop: () => Promise<void>;
let count = 0;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  rooms = await openRooms(database.url);
});
afterAll(async () => {
  await rooms.close();
  await drop();
});

const named = (...names: readonly string[]) => ({ visitor: `v${++count}`, rooms: [...names] });
const timeout = { timeout: '50s' } as const;
const operator = { actor: 'ann', reason: 'test' } as const;
const [first, second] = [0, 1] as const;
const engine = (which: 0 | 1 = first): PostgresEngine<Knex.Transaction> => rooms.engines[which];
const go = (handle: SagaHandle<unknown>, which: 0 | 1 = first) =>
  engine(which).signal(handle.id, { step: 'go', id: `go ${handle.id}`, body: {} });
const insideOf = async (room: string) => (await rooms.knex('inside').where({ room }).first())?.visitor;
const queued = async () => Number((await rooms.knex('backstitch.saga_locks').count('* as n').first())?.['n']);

describe('two sagas on one key', () => {
  it('run one after the other, whichever process started them', async () => {
    const [one, two] = [named('a'), named('a')];
    const holder = await engine(first).start(stay, { input: one });
    const waiter = await engine(second).start(stay, { input: two });
    expect(await insideOf('a')).toBe(one.visitor);
    expect(await engine().find(holder.id)).toMatchObject({
      locks: { status: 'held', keys: ['room:a'], blocking: 1, waitingFor: [] },
    });
    expect(await engine().find(waiter.id)).toMatchObject({
      status: 'running',
      steps: { enter: { status: 'pending' } },
      locks: { status: 'waiting', blocking: 0, waitingFor: [{ key: 'room:a', heldBy: holder.id }] },
    });
    // Said before its time, to an instance that still waits for its locks.
    expect(await go(waiter, second)).toBe(true);
    expect(await go(holder)).toBe(true);
    await holder.result(timeout);
    await waiter.result(timeout);
    expect((await rooms.knex('visits').where({ room: 'a' })).map((row) => row.visitor)).toEqual([
      one.visitor,
      two.visitor,
    ]);
    expect(await engine().find(waiter.id)).toMatchObject({ locks: { status: 'released', blocking: 0 } });
    expect(await queued()).toBe(0);
  });

  it('are kept apart by refusing the second, which leaves nothing and the caller’s transaction usable', async () => {
    const holder = await engine().start(stayOrNot, { input: named('b', 'c') });
    await rooms.knex.transaction(async (trx) => {
      const refused = engine(second).start(stayOrNot, { input: named('d', 'c'), trx, idempotencyKey: 'again' });
      await expect(refused).rejects.toMatchObject({
        code: 'LOCK_HELD',
        fields: { saga: 'stay-or-not', key: 'room:c', heldBy: holder.id },
      });
      await trx('visits').where({ room: 'd' });
    });
    await go(holder);
    await holder.result(timeout);
    const again = await engine().start(stayOrNot, { input: named('d', 'c'), idempotencyKey: 'again' });
    expect(again.created).toBe(true);
    await go(again);
    await again.result(timeout);
  });

  it('of different sagas are kept apart too', async () => {
    const holder = await engine().start(stay, { input: named('e') });
    await expect(engine().start(stayOrNot, { input: named('e') })).rejects.toMatchObject({ code: 'LOCK_HELD' });
    await go(holder);
    await holder.result(timeout);
  });

  it('whose holder is parked wait, and are shown behind it, until a person mends it', async () => {
    // A leading local step that fails is its caller's to hear of. Behind a holder it runs later, and then its own rules park it.
    await expect(engine().start(stuck, { input: named('f') })).rejects.toMatchObject({ code: 'START_FAILED' });
    const before = await engine().start(stay, { input: named('f') });
    const parked = await engine().start(stuck, { input: named('f') });
    const behind = await Promise.all(
      [named('f'), named('f')].map((each) => engine(second).start(visit, { input: each })),
    );
    await go(before);
    await expect(parked.result(timeout)).rejects.toMatchObject({ code: 'SAGA_PARKED' });
    const shown = { status: 'parked', locks: { status: 'held', blocking: 2 } };
    expect(await engine().find(parked.id)).toMatchObject(shown);
    expect((await engine(second).instances.inspect(parked.id))?.instance).toMatchObject(shown);
    await rooms.knex('doors').insert({ id: 1 });
    await engine().retry(parked.id, operator);
    await Promise.all([parked, ...behind].map((each) => each.result(timeout)));
    expect(await queued()).toBe(0);
  });
});

describe('one that waits for its locks', () => {
  it('gives up at its deadline without having run, and lets the one behind it go on', async () => {
    const holder = await engine().start(stay, { input: named('g') });
    const late = await engine().start(stayShort, { input: named('g', 'h') });
    const behind = await engine().start(visit, { input: named('h') });
    await expect(late.result(timeout)).rejects.toMatchObject({
      code: 'SAGA_COMPENSATED',
      fields: { failure: { code: 'LOCK_TIMED_OUT' } },
    });
    await behind.result(timeout);
    expect((await engine().find(holder.id))?.locks?.blocking).toBe(0);
    await go(holder);
    await holder.result(timeout);
  });

  it('can be cancelled, and nothing of it has to be undone', async () => {
    const holder = await engine().start(stay, { input: named('i') });
    const waiter = await engine().start(stay, { input: named('i') });
    expect(await engine(second).cancel(waiter.id, operator)).toMatchObject({ status: 'compensated' });
    await go(holder);
    await holder.result(timeout);
    expect(await queued()).toBe(0);
  });

  it('is looked at again where its caller’s snapshot is older than the queue', async () => {
    const holder = await engine().start(stay, { input: named('j') });
    const waiter = await rooms.knex.transaction(
      async (trx) => {
        await trx('visits').first();
        await expect(engine().start(stayOrNot, { input: named('j'), trx })).rejects.toMatchObject({
          code: 'OPTION_INVALID',
        });
        const alone = await engine().start(visit, { input: named('k'), trx });
        return [await engine().start(visit, { input: named('j'), trx }), alone] as const;
      },
      { isolationLevel: 'repeatable read' },
    );
    await waiter[1].result(timeout);
    expect(await engine().find(waiter[0].id)).toMatchObject({ locks: { status: 'waiting' } });
    await go(holder);
    await waiter[0].result(timeout);
    await holder.result(timeout);
  });
});

describe('a child of a saga that holds locks', () => {
  it('works under them, takes a key of its own, and leaves that one when it ends', async () => {
    const cloakroom = await engine().start(stay, { input: named('cloakroom') });
    const parent = await engine(second).start(tour, { input: named('l', 'm') });
    const behind = await engine().start(visit, { input: named('m') });
    const childOf = async () => (await engine().find(parent.id))?.steps['guide']?.child ?? '';
    await expect
      .poll(async () => (await engine().find(await childOf()))?.locks?.waitingFor)
      .toEqual([{ key: 'room:cloakroom', heldBy: cloakroom.id }]);
    const child = await childOf();
    expect((await engine().find(child))?.locks?.keys).toEqual(['room:cloakroom', 'room:l', 'room:m']);
    await go(cloakroom);
    await cloakroom.result(timeout);
    await expect.poll(async () => (await engine().find(child))?.status).toBe('completed');
    const next = await engine().start(stayOrNot, { input: named('cloakroom') });
    expect(await engine().find(behind.id)).toMatchObject({
      locks: { waitingFor: [{ key: 'room:m', heldBy: parent.id }] },
    });
    await Promise.all([go(next), go(parent)]);
    await Promise.all([next, parent, behind].map((each) => each.result(timeout)));
    expect(await queued()).toBe(0);
  });
});

/** A small generator, so that a crowd that fails can be had again. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('a crowd of two hundred on five keys, started by two processes within long transactions', () => {
  it('never meets in a room, and everybody has been in', async () => {
    const seed = Date.now() % 100_000;
    const pick = random(seed);
    const crowd = Array.from({ length: 200 }, () => {
      const [one, other] = [pick(5), pick(5)];
      return { input: named(...new Set([`r${one}`, `r${other}`])), which: pick(2) as 0 | 1, statements: pick(6) };
    });
    const startOne = async ({ input, which, statements }: (typeof crowd)[number]): Promise<SagaHandle<unknown>> => {
      for (;;) {
        try {
          return await rooms.knex.transaction(async (trx) => {
            const handle = await engine(which).start(visit, { input, trx });
            for (let left = statements; left > 0; left -= 1) await trx('visits').count();
            return handle;
          });
        } catch (error) {
          if ((error as { readonly code?: string }).code !== 'LOCK_BUSY') throw error;
        }
      }
    };
    const left = [...crowd];
    const handles: SagaHandle<unknown>[] = [];
    const starter = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) handles.push(await startOne(next));
    };
    await Promise.all(Array.from({ length: 8 }, starter));
    const ends = await Promise.allSettled(handles.map((handle) => handle.result(timeout)));
    const failed = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
    expect(failed, `seed ${seed}`).toEqual([]);
    const visits = await rooms.knex('visits').whereLike('room', 'r%');
    expect(visits).toHaveLength(crowd.flatMap(({ input }) => input.rooms).length);
    expect(await queued()).toBe(0);
    const { rows } = await rooms.knex.raw(
      'select deadlocks::integer from pg_stat_database where datname = current_database()',
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
  }, 90_000);
});
