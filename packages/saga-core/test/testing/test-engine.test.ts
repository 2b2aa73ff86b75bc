import { afterEach, describe, expect, it } from 'vitest';
import { createTestEngine, type TestEngine, type TestEngineOptions } from '../../src/testing/index.js';
import { participantsOf, placeOrder, type Shop, shopOf } from './shop.js';

let engine: TestEngine<Shop>;
let shop: Shop;
afterEach(() => engine.close());

const open = async (options: Partial<TestEngineOptions<Shop>> = {}): Promise<void> => {
  shop = shopOf();
  engine = await createTestEngine<Shop>({
    sagas: [placeOrder],
    participants: participantsOf(shop),
    trx: shop,
    ...options,
  });
};
const start = (orderId: string, quantity = 2) => engine.start(placeOrder, { input: { orderId, quantity } });
const approve = (id: string) => engine.signal(id, { step: 'approve', id: `yes-${id}`, body: { by: 'ada' } });

describe('a test engine in memory', () => {
  it('runs every kind of step, and jumps over thirty days', async () => {
    await open();
    const order = await start('o1');
    await engine.settle();
    expect((await engine.find(order.id))?.steps).toMatchObject({
      notify: { status: 'succeeded' },
      reserve: { status: 'succeeded' },
      coolOff: { status: 'dispatched' },
    });
    const before = engine.now();
    await engine.advance('30d');
    expect(engine.now() - before).toBe(30 * 86_400_000);
    expect((await engine.find(order.id))?.steps['approve']).toMatchObject({ status: 'dispatched' });
    await approve(order.id);
    await engine.settle();
    expect(await order.result()).toEqual({ receipt: 'r-o1', by: 'ada' });
    expect(shop.captured).toEqual(['o1']);
    expect(await engine.violations()).toEqual([]);
  });

  it('does not let a deadline come early', async () => {
    await open();
    const order = await start('o1');
    await engine.settle();
    await engine.advance(30 * 86_400_000 - 1);
    expect((await engine.find(order.id))?.steps['coolOff']).toMatchObject({ status: 'dispatched' });
    await engine.advance(1);
    expect((await engine.find(order.id))?.steps['coolOff']).toMatchObject({ status: 'succeeded' });
  });

  it('undoes what was done when a signal stays away', async () => {
    await open();
    const order = await start('o1');
    const view = await engine.until(order, 'compensated', { within: '60d' });
    expect(view.failure?.code).toBe('SIGNAL_TIMED_OUT');
    expect(shop.stock.size).toBe(0);
    expect(engine.sent(order).map(({ command, outcome }) => `${command} ${outcome ?? ''}`.trim())).toEqual([
      'inventory.reserve',
      'inventory.reserve succeeded',
      'inventory.release',
      'inventory.release succeeded',
    ]);
    expect(await engine.violations()).toEqual([]);
  });

  it('says what an instance became that did not become what was awaited', async () => {
    await open();
    const order = await start('o1', 9);
    await expect(engine.until(order, 'completed', { within: '1h' })).rejects.toMatchObject({
      code: 'RESULT_TIMEOUT',
      message: expect.stringContaining('is compensated after 1h, not completed: OUT_OF_STOCK'),
    });
  });

  it('lets a test speak to the engine by its own verbs', async () => {
    await open();
    const order = await start('o1');
    await engine.settle();
    await engine.cancel(order.id, { actor: 'ada', reason: 'the customer rang' });
    await engine.settle();
    await expect(order.result()).rejects.toMatchObject({ code: 'SAGA_COMPENSATED' });
    expect(shop.stock.size).toBe(0);
  });
});

describe('processes of a test engine', () => {
  it('an engine that is killed goes on where its tables stand', async () => {
    await open();
    const order = await start('o1');
    engine.process.crash();
    await engine.advance('1h');
    expect(engine.process.isRunning()).toBe(false);
    expect(engine.sent(order)).toEqual([]);
    await engine.process.restart();
    await engine.until(order, ({ steps }) => steps['coolOff']?.status === 'dispatched');
    await engine.advance('30d');
    await approve(order.id);
    await engine.until(order, 'completed');
    expect(await engine.violations()).toEqual([]);
  });

  it('a participant that is killed within its handler leaves nothing, and handles the command again', async () => {
    let calls = 0;
    await open({
      participants: participantsOf(shopOf(), () => {
        calls += 1;
        if (calls === 1) engine.participant('inventory').crash();
      }),
    });
    const order = await start('o1');
    await engine.settle();
    expect((await engine.find(order.id))?.steps['reserve']).toMatchObject({ status: 'dispatched' });
    await engine.participant('inventory').restart();
    await engine.until(order, ({ steps }) => steps['reserve']?.status === 'succeeded', { within: '10s' });
    expect(calls).toBe(2);
  });

  it('waits for a broker that is away', async () => {
    await open();
    engine.outage();
    const order = await start('o1');
    await engine.advance('1h');
    expect((await engine.find(order.id))?.steps['reserve']).toMatchObject({ status: 'dispatched', attempt: 1 });
    engine.heal();
    await engine.until(order, ({ steps }) => steps['reserve']?.status === 'succeeded', { within: '1h' });
    expect(shop.stock.get('o1')).toBe(2);
  });
});

describe('faults of a test engine', () => {
  const faults = {
    duplicateChance: 0.3,
    duplicateWithinMs: 30_000,
    delayChance: 0.3,
    delayUpToMs: 25_000,
    lossAfterAckChance: 0.1,
    commitLossChance: 0.2,
    sendFailureChance: 0.1,
    reorderLanesChance: 0.3,
  };
  const history = async (seed: number): Promise<string[]> => {
    await open({ seed, faults });
    const orders = [];
    for (let order = 0; order < 12; order += 1) orders.push(await start(`o${order}`, order % 6));
    await engine.advance('31d');
    for (const { id } of orders) await approve(id);
    await engine.advance('10d');
    const told = engine.sent().map(({ kind, command, attempt, at }) => `${at} ${kind} ${command} ${attempt}`);
    for (const { id } of orders) expect((await engine.find(id))?.status).toMatch(/^(completed|compensated)$/);
    expect(await engine.violations(), `seed ${seed}`).toEqual([]);
    await engine.close();
    return told;
  };

  it('are the same for the same seed, and others for another', async () => {
    const first = await history(7);
    expect(await history(7)).toEqual(first);
    expect(await history(8)).not.toEqual(first);
  });
});

describe('what a test engine refuses', () => {
  it('a participant that it does not have, or has twice', async () => {
    await open();
    expect(() => engine.participant('nobody')).toThrow(/no participant 'nobody'/);
    const [inventory] = participantsOf(shop);
    if (inventory === undefined) throw new Error('the shop has participants');
    await expect(createTestEngine({ sagas: [placeOrder], participants: [inventory, inventory] })).rejects.toMatchObject(
      { code: 'OPTION_INVALID' },
    );
    await expect(engine.until('00000000-0000-7000-8000-000000000000', 'completed')).rejects.toMatchObject({
      code: 'INSTANCE_UNKNOWN',
    });
  });
});
