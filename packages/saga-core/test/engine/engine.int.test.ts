import { testDatabase } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrderServices, openOrderServices, placeOrder } from './order-fixture.js';

let services: OrderServices;
let drop: () => Promise<void>;
let count = 0;
const orderId = (): string => `order-${++count}`;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  services = await openOrderServices(database.url);
});
afterAll(async () => {
  await services.close();
  await drop();
});

const statusOf = async (id: string) => (await services.knex('orders').where({ id }).first())?.status;
const available = async (): Promise<number> => (await services.knex('stock').where({ id: 1 }).first()).available;

describe('an order', () => {
  it('is confirmed', async () => {
    const id = orderId();
    const handle = await services.engine.start(placeOrder, { input: { orderId: id, qty: 1, amount: 100 } });
    const result = await handle.result({ timeout: '20s' });
    expect(result.authId).toContain('authorizePayment');
    expect(await statusOf(id)).toBe('CONFIRMED');
    const view = await services.engine.find(handle.id);
    expect(view?.status).toBe('completed');
  });

  it('whose payment is declined releases its stock', async () => {
    const before = await available();
    const id = orderId();
    const handle = await services.engine.start(placeOrder, { input: { orderId: id, qty: 2, amount: 5_000 } });
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({
      code: 'SAGA_COMPENSATED',
      fields: { failure: { code: 'DECLINED' } },
    });
    expect(await available()).toBe(before);
    expect(await statusOf(id)).toBe('CANCELLED');
  });

  it('out of stock is cancelled', async () => {
    const id = orderId();
    const handle = await services.engine.start(placeOrder, { input: { orderId: id, qty: 100, amount: 1 } });
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({ code: 'SAGA_COMPENSATED' });
    expect(await statusOf(id)).toBe('CANCELLED');
  });

  it('whose participant keeps failing is undone after its attempts', async () => {
    const before = await available();
    const id = orderId();
    const handle = await services.engine.start(placeOrder, { input: { orderId: id, qty: 1, amount: 666 } });
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({
      code: 'SAGA_COMPENSATED',
      fields: { failure: { code: 'STEP_FAILED' } },
    });
    expect(await available()).toBe(before);
  });

  it('that was started in a transaction which rolled back never was', async () => {
    const id = orderId();
    const trx = await services.knex.transaction();
    const handle = await services.engine.start(placeOrder, { input: { orderId: id, qty: 1, amount: 100 }, trx });
    await expect(handle.result()).rejects.toMatchObject({ code: 'RESULT_BEFORE_COMMIT' });
    await trx.rollback();
    expect(await services.engine.find(handle.id)).toBeUndefined();
    expect(await statusOf(id)).toBeUndefined();
  });

  it('that is declined by its first local step is refused to the caller, and the transaction lives on', async () => {
    await services.knex.transaction(async (trx) => {
      const started = services.engine.start(placeOrder, { input: { orderId: orderId(), qty: 0, amount: 100 }, trx });
      await expect(started).rejects.toMatchObject({
        code: 'START_FAILED',
        fields: { code: 'EMPTY_ORDER', step: 'createOrder' },
      });
      expect(await trx('orders').where({ status: 'nothing' })).toEqual([]);
    });
  });

  it('is one order however often it is started with one key', async () => {
    const input = { orderId: orderId(), qty: 1, amount: 100 };
    const start = () => services.engine.start(placeOrder, { input, idempotencyKey: 'key-1' });
    const [first, second] = [await start(), await start()];
    expect(second.id).toBe(first.id);
    expect([first.created, second.created]).toEqual([true, false]);
    const other = services.engine.start(placeOrder, { input: { ...input, qty: 2 }, idempotencyKey: 'key-1' });
    await expect(other).rejects.toMatchObject({ code: 'START_KEY_REUSED' });
    await first.result({ timeout: '20s' });
  });
});
