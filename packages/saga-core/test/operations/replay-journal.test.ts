import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { exportRecording, type Recording, replayJournal, type SagaDefinition, sagaOn } from '../../src/index.js';
import { createTestEngine, declined, type TestEngine, testSaga } from '../../src/testing/index.js';
import { defineMigration } from '../../src/machine/define-migration.js';
import { Drive } from '../machine/drive.js';
import { heal, play, randomMove } from '../machine/random-play.js';
import { randomSaga } from '../machine/random-saga.js';
import { charge, hold, line, saga, shop, timeout } from '../machine/sagas.js';
import { inventory, payment } from '../testing/place-order.js';
import { participantsOf, placeOrder as shopOrder, type Shop, shopOf } from '../testing/shop.js';

// A busy machine may take long over so many histories.
vi.setConfig({ testTimeout: 60_000 });

const input = z.object({ total: z.number(), gift: z.boolean() });

/** The author's functions, each of which may change from one day to the next. */
interface Author {
  readonly amount: (total: number) => number;
  readonly wraps: (gift: boolean) => boolean;
  readonly voids: (orderId: string) => { readonly orderId: string };
  readonly receipt: (authId: string) => unknown;
}
const author: Author = {
  amount: (total) => total,
  wraps: (gift) => gift,
  voids: (orderId) => ({ orderId }),
  receipt: (authId) => ({ authId }),
};

const orderBy = ({ amount, wraps, voids, receipt }: Author, names = { pay: 'pay' }): SagaDefinition =>
  sagaOn<unknown>()('order', { version: 1, input })
    .invoke('reserve', inventory.reserve, {
      with: () => ({ orderId: 'o1', skus: ['tea'] }),
      compensate: { command: inventory.release, with: ({ sent }) => voids(sent.orderId) },
    })
    .local('wrap', () => undefined, { compensate: 'nothing to undo', when: ({ input }) => wraps(input.gift) })
    .invoke(names.pay, payment.authorize, {
      with: ({ input }) => ({ orderId: 'o1', amount: amount(input.total) }),
      compensate: { command: payment.void, with: ({ sent }) => ({ orderId: sent.orderId }) },
    })
    .output(
      ({ steps }) => receipt((steps as { readonly pay?: { authId: string } }).pay?.authId ?? '') as { id: string },
    );

async function record(refused: boolean): Promise<Recording> {
  const order = orderBy(author);
  const reaction = refused ? declined(payment.authorize, 'DECLINED', { reason: 'no' }) : { reply: { authId: 'a1' } };
  const run = await testSaga(order as never)
    .given({ total: 5, gift: true } as never)
    .local('wrap' as never, undefined as never)
    .when(inventory.reserve, { reply: { reservationId: 'r1' } })
    .when(payment.authorize, reaction)
    .run();
  const { name: saga, version, hash } = order;
  const { journal } = JSON.parse(JSON.stringify(run)) as Pick<Recording, 'journal'>;
  return { id: 'saga-1', saga, version, hash, input: { total: 5, gift: true }, journal };
}

describe('a recording replayed against the code that made it', () => {
  it('diverges nowhere, forward and back', async () => {
    for (const refused of [false, true]) {
      const recording = await record(refused);
      const report = replayJournal(orderBy(author), recording);
      expect(report.text).toBe(
        `order version 1, instance saga-1: ${recording.journal.length} of ${recording.journal.length} entries replayed, all as recorded`,
      );
    }
  });

  it('diverges nowhere whatever happened to a saga', () => {
    let entries = 0;
    fc.assert(
      fc.property(randomSaga, fc.array(randomMove, { maxLength: 40, size: 'max' }), (definition, moves) => {
        const drive = new Drive(definition).start();
        for (const move of moves) play(drive, move);
        heal(drive);
        const { id, input } = drive.instance;
        const { name: saga, version, hash } = definition;
        const journal = JSON.parse(JSON.stringify(drive.journal)) as Recording['journal'];
        const report = replayJournal(definition, { ...{ id, saga, version, hash, input }, journal });
        expect(report.divergences, report.text).toEqual([]);
        entries += report.entries;
      }),
      { numRuns: 200 },
    );
    expect(entries).toBeGreaterThan(200);
  });
});

describe('a recording replayed against changed code', () => {
  const changed = async (change: Partial<Author>, refused = false) =>
    replayJournal(orderBy({ ...author, ...change }), await record(refused));

  it("names the 'with' that answers otherwise, and where", async () => {
    const { divergences, text, entries } = await changed({ amount: (total) => total * 100 });
    expect(divergences).toEqual([
      { kind: 'answer', seq: 3, step: 'pay', of: 'with', differences: [{ path: '/amount', recorded: 5, now: 500 }] },
    ]);
    expect(entries).toBe((await record(false)).journal.length);
    expect(text).toContain("entry 3: 'with' of step 'pay' answers otherwise\n    /amount: 5 -> 500");
  });

  it("names the 'when', the 'output' and the 'compensate.with'", async () => {
    expect((await changed({ wraps: () => false })).divergences).toMatchObject([{ of: 'when', step: 'wrap', seq: 2 }]);
    expect((await changed({ receipt: (authId) => ({ id: authId }) })).divergences).toMatchObject([
      { of: 'output', step: undefined, differences: [{ path: '/authId' }, { path: '/id' }] },
    ]);
    expect((await changed({ voids: () => ({ orderId: 'o2' }) }, true)).divergences).toMatchObject([
      { of: 'compensate.with', step: 'reserve', differences: [{ path: '/orderId', recorded: 'o1', now: 'o2' }] },
    ]);
  });

  it('tells of a function that throws now, and of one whose answer breaks its contract', async () => {
    const throws = await changed({
      amount: () => {
        throw new Error('no price list');
      },
    });
    expect(throws.divergences).toMatchObject([{ kind: 'refused', seq: 3, step: 'pay', code: 'AUTHOR_CODE_FAILED' }]);
    const broken = await changed({ amount: () => 'five' as never });
    expect(broken.divergences).toMatchObject([{ kind: 'refused', step: 'pay', code: 'CONTRACT_BROKEN' }]);
  });

  it('takes a step that was renamed under the same version for what it is', async () => {
    const report = replayJournal(orderBy(author, { pay: 'charge' }), await record(false));
    expect(report.divergences.map(({ kind }) => kind)).toEqual(['definition', 'step missing']);
    expect(report.entries).toBe(2);
    expect(report.text).toContain("there is no step 'pay' any more");
  });

  it('takes steps in another order for another course', async () => {
    const recording = await record(false);
    const swapped = sagaOn<unknown>()('order', { version: 1, input })
      .local('wrap', () => undefined, { compensate: 'nothing to undo' })
      .invoke('reserve', inventory.reserve, {
        with: () => ({ orderId: 'o1', skus: ['tea'] }),
        compensate: 'nothing to undo',
      })
      .invoke('pay', payment.authorize, {
        with: () => ({ orderId: 'o1', amount: 5 }),
        compensate: 'nothing to undo',
      })
      .build();
    expect(replayJournal(swapped, recording).divergences).toMatchObject([
      { kind: 'definition' },
      { kind: 'course', seq: 1, recorded: { step: 'reserve' }, now: { step: 'wrap' } },
    ]);
  });

  it('does not hold it against a function that it had failed and answers now', async () => {
    const broken = orderBy({ ...author, amount: () => 'five' as never });
    const run = await testSaga(broken as never)
      .given({ total: 5, gift: false } as never)
      .when(inventory.reserve, { reply: { reservationId: 'r1' } })
      .run();
    const { name: saga, version, hash } = broken;
    const recording = { id: 'saga-1', saga, version, hash, input: { total: 5, gift: false }, journal: run.journal };
    expect(replayJournal(orderBy(author), recording)).toMatchObject({ divergences: [], mended: [2] });
  });

  it('refuses a recording of another version', async () => {
    const recording = { ...(await record(false)), version: 2 };
    expect(() => replayJournal(orderBy(author), recording)).toThrow(/is of saga 'order' version 2/);
  });
});

describe('a recording of an instance that was carried over', () => {
  const forward = { retry: { backoff: '1s', jitter: 'none' }, timeout } as const;
  const next = (ships: object) =>
    saga('line', { version: 2, input: z.looseObject({}) })
      .invoke('holdStock', shop.hold, hold)
      .invoke('charge', shop.charge, charge)
      .pivot('commit', shop.commit, { with: () => ({}), ...forward })
      .invoke('ship', shop.ship, { with: () => ships as never, ...forward })
      .build();

  it('is compared from there on, with the definition that it was carried over to', () => {
    const rename = defineMigration(line, next({}), { rename: { hold: 'holdStock' } });
    const drive = new Drive(line).start().succeeds('hold', { id: 'h' }).migrated(rename);
    heal(drive);
    expect(drive.instance.state.status).toBe('completed');
    const { id, input: given, version, hash } = drive.instance;
    const recording = { id, saga: 'line', version, hash, input: given, journal: drive.journal };
    expect(replayJournal(next({}), recording)).toMatchObject({ divergences: [], entries: drive.journal.length });
    expect(replayJournal(next({ by: 'air' }), recording).divergences).toMatchObject([{ step: 'ship', of: 'with' }]);
  });
});

describe('a recording of a running engine', () => {
  let engine: TestEngine<Shop>;
  beforeEach(async () => {
    const shop = shopOf();
    engine = await createTestEngine<Shop>({ sagas: [shopOrder], participants: participantsOf(shop), trx: shop });
  });
  afterEach(() => engine.close());

  it('is what its engine exports, and replays', async () => {
    const order = await engine.start(shopOrder, { input: { orderId: 'o1', quantity: 2 } });
    await engine.until(order, 'compensated', { within: '60d' });
    const recording = await exportRecording(engine.instances, order.id);
    expect(recording).toEqual(await engine.recording(order));
    expect(replayJournal(shopOrder, recording).divergences).toEqual([]);
    await expect(exportRecording(engine.instances, '00000000-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'INSTANCE_UNKNOWN',
    });
  });
});
