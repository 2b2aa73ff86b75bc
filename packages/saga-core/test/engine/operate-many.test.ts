import { describe, expect, it } from 'vitest';
import { instancesOf } from '../../src/engine/instances.js';
import type { InstanceFilter } from '../../src/engine/instance-filter.js';
import { operate } from '../../src/engine/operate.js';
import { type BulkOptions, type BulkVerb, operateMany } from '../../src/engine/operate-many.js';
import type { SagaStore } from '../../src/engine/saga-store.js';
import { everyKind } from '../operations/order-saga.js';
import { Drive } from '../machine/drive.js';
import { type MemoryAdvance, memoryAdvance, storedDrive } from './memory-advance.js';

const note = { actor: 'ann', reason: 'INC-7' };
const idOf = (place: number): string => `00000000-0000-7000-8000-${String(place).padStart(12, '0')}`;

/** So many that are parked behind the pivot, and one that runs; each created at its own time. */
async function storeOf(parked: number): Promise<MemoryAdvance> {
  const memory = memoryAdvance([everyKind]);
  const { options, clock } = memory;
  const insert = async (drive: Drive, place: number, tags = {}): Promise<void> => {
    const stored = storedDrive(drive, { tags });
    await options.store.transaction((tx) =>
      tx.insert([{ ...stored, instance: { ...stored.instance, id: idOf(place) } }]),
    );
    await clock.advance(1_000);
  };
  for (let place = 1; place <= parked; place += 1) {
    const drive = new Drive(everyKind).start().local('createOrder');
    drive.breaksContract('reserveStock');
    await insert(drive, place, { batch: place % 2 === 0 ? 'even' : 'odd' });
  }
  await insert(new Drive(everyKind).start().local('createOrder'), parked + 1);
  return memory;
}

interface Asked {
  readonly verb?: BulkVerb;
  readonly filter?: InstanceFilter;
  readonly bulk?: Partial<BulkOptions>;
}

function say(
  { options }: MemoryAdvance,
  { verb = { kind: 'cancel' }, filter = { status: 'parked' }, bulk = {} }: Asked,
) {
  const instances = instancesOf(options.store, options.definitions);
  return operateMany(options, instances, { verb, filter, bulk: { ...note, limit: 1_000, ...bulk } });
}

async function statuses({ options }: MemoryAdvance): Promise<Readonly<Record<string, number>>> {
  const { groups } = await instancesOf(options.store, options.definitions).counts();
  return Object.fromEntries(groups.map(({ status, count }) => [status, count]));
}

describe('a verb for many', () => {
  it('is said to all that fit, and to nobody else', async () => {
    const memory = await storeOf(5);
    expect(await statuses(memory)).toEqual({ parked: 5, running: 1 });
    expect(await say(memory, {})).toEqual({
      ...{ matched: 5, applied: 5, unchanged: 0, refused: [], previews: [], end: 'complete' },
    });
    expect(await statuses(memory)).toEqual({ compensating: 5, running: 1 });
    expect(await say(memory, {})).toMatchObject({ matched: 0, applied: 0, end: 'complete' });
    const journal = await memory.options.store.reads.journal(idOf(1), { afterSeq: 0, limit: 100 });
    expect(journal.map(({ cause }) => cause)).toContainEqual({ kind: 'cancel', ...note });
  });

  it('goes on after those that refuse, and says which did and why', async () => {
    const memory = await storeOf(45);
    for (const place of [2, 3]) await operate(memory.options, idOf(place), { kind: 'pause', ...note });
    const report = await say(memory, { verb: { kind: 'pause' }, filter: { saga: 'every-kind' } });
    expect(report).toMatchObject({ matched: 46, applied: 44, end: 'complete' });
    const reason = 'the instance is paused already';
    expect(report.refused).toEqual([{ code: 'VERB_REFUSED', reason, count: 2, ids: [idOf(2), idOf(3)] }]);
    const again = await say(memory, { verb: { kind: 'pause' }, filter: { paused: true } });
    expect(again).toMatchObject({ matched: 46, applied: 0, refused: [{ count: 46 }] });
    expect(again.refused[0]?.ids).toHaveLength(20);
  });

  it('is said to as many as were allowed, the oldest first, and then to the next', async () => {
    const memory = await storeOf(5);
    expect(await say(memory, { bulk: { limit: 2 } })).toMatchObject({ matched: 2, applied: 2, end: 'limit' });
    expect((await memory.options.store.load([idOf(2)])).instances[0]?.instance.state.status).toBe('compensating');
    expect(await say(memory, { bulk: { limit: 3 } })).toMatchObject({ matched: 3, applied: 3, end: 'complete' });
  });

  it('changes nothing in a dry run, and shows what it would do', async () => {
    const memory = await storeOf(25);
    const report = await say(memory, { bulk: { dryRun: true } });
    expect(report).toMatchObject({ matched: 25, applied: 25, refused: [], end: 'complete' });
    expect(report.previews).toHaveLength(20);
    expect(report.previews[0]).toMatchObject({ sagaId: idOf(1), verb: 'cancel', after: { status: 'compensating' } });
    expect(await statuses(memory)).toEqual({ parked: 25, running: 1 });
  });

  it('leaves alone an instance that does not fit any more when its turn has come', async () => {
    const memory = await storeOf(3);
    const { options } = memory;
    const instances = instancesOf(options.store, options.definitions);
    let moved = false;
    const list: typeof instances.list = async (filter, page) => {
      const found = await instances.list(filter, page);
      // Another operator is quicker.
      if (!moved) await operate(options, idOf(2), { kind: 'cancel', ...note });
      moved = true;
      return found;
    };
    const report = await operateMany(
      options,
      { list },
      { verb: { kind: 'pause' }, filter: { status: 'parked' }, bulk: { ...note, limit: 10 } },
    );
    expect(report).toMatchObject({ matched: 3, applied: 2, refused: [{ code: 'VERB_REFUSED', ids: [idOf(2)] }] });
    expect(report.refused[0]?.reason).toBe('it does not fit the filter any more');
  });

  it('ends where it is told to, and tells what was done', async () => {
    const memory = await storeOf(4);
    const stopping = new AbortController();
    const { store } = memory.options;
    let saves = 0;
    const counting: SagaStore<never> = {
      ...(store as SagaStore<never>),
      transaction: async (work) => {
        saves += 1;
        if (saves === 2) stopping.abort();
        return (store as SagaStore<never>).transaction(work);
      },
    };
    const report = await say(
      { ...memory, options: { ...memory.options, store: counting as never } },
      {
        bulk: { signal: stopping.signal },
      },
    );
    expect(report).toMatchObject({ matched: 2, applied: 2, end: 'aborted' });
  });

  it('ends where the database is in trouble, and goes on where only one instance is', async () => {
    const memory = await storeOf(4);
    const { store } = memory.options;
    const failing = (at: number, error: Error): MemoryAdvance => {
      let saves = 0;
      const transaction: SagaStore<never>['transaction'] = async (work) => {
        saves += 1;
        if (saves === at) throw error;
        return (store as SagaStore<never>).transaction(work);
      };
      const broken = { ...(store as SagaStore<never>), transaction };
      return { ...memory, options: { ...memory.options, store: broken as never } };
    };
    const odd = Object.assign(new Error('odd'), { code: '23514' });
    const first = await say(failing(2, odd), { verb: { kind: 'pause' }, bulk: { limit: 2 } });
    expect(first).toMatchObject({
      matched: 2,
      applied: 1,
      refused: [{ code: '23514', reason: 'odd', ids: [idOf(2)] }],
    });
    const down = Object.assign(new Error('the server is going down'), { code: '57P01' });
    const second = await say(failing(3, down), { verb: { kind: 'cancel' } });
    expect(second).toMatchObject({ matched: 3, applied: 2, end: 'failed', error: down });
  });

  it('refuses what cannot be meant, before anything is done', async () => {
    const memory = await storeOf(1);
    await expect(say(memory, { filter: {} })).rejects.toMatchObject({ code: 'FILTER_INVALID' });
    await expect(say(memory, { filter: { status: 'odd' as 'parked' } })).rejects.toMatchObject({
      code: 'FILTER_INVALID',
    });
    for (const bulk of [{ limit: 0 }, { limit: Number.NaN }, { actor: '' }, { reason: ' ' }]) {
      await expect(say(memory, { bulk })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    }
    expect(await statuses(memory)).toEqual({ parked: 1, running: 1 });
  });
});
