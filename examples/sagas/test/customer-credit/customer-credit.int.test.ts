import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createOrder } from '../../src/customer-credit/create-order.js';
import { createCustomerTables, customerService } from '../../src/customer-credit/customers.js';
import { createOrderTables } from '../../src/customer-credit/orders.js';
import { openStage, type Stage } from '../stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage({
    orchestrator: 'orders',
    sagas: [createOrder],
    createTables: createOrderTables,
    services: [{ participant: customerService, createTables: createCustomerTables }],
  });
  await stage
    .database('customers')('customers')
    .insert([
      { id: 'ada', limit_minor: 10_000 },
      { id: 'bob', limit_minor: 100_000 },
    ]);
});
afterEach(async () => expect(await stage.engine.violations()).toEqual([]));
afterAll(() => stage.close());

const order = async (orderId: string, customerId: string, totalMinor: number) => {
  const { id } = await stage.engine.start(createOrder, { input: { orderId, customerId, totalMinor } });
  return async () => (await stage.engine.find(id))?.failure;
};
const stored = (orderId: string) => stage.database()('orders').where({ id: orderId }).first('status', 'reason');
const reservedOf = async (id: string) =>
  Number((await stage.database('customers')('customers').where({ id }).first('reserved_minor')).reserved_minor);

describe('orders on real databases', () => {
  it('are approved within the limit and rejected beyond it', async () => {
    await order('o1', 'ada', 6_000);
    await stage.engine.settle();
    const tooDear = await order('o2', 'ada', 6_000);
    const nobody = await order('o3', 'nobody', 1);
    await stage.engine.settle();
    expect(await tooDear()).toMatchObject({ code: 'CREDIT_LIMIT_EXCEEDED', detail: { availableMinor: 4_000 } });
    expect(await nobody()).toMatchObject({ code: 'CUSTOMER_UNKNOWN', detail: { customerId: 'nobody' } });
    expect(await stored('o1')).toEqual({ status: 'APPROVED', reason: null });
    expect(await stored('o2')).toEqual({ status: 'REJECTED', reason: 'CREDIT_LIMIT_EXCEEDED' });
    expect(await stored('o3')).toEqual({ status: 'REJECTED', reason: 'CUSTOMER_UNKNOWN' });
    expect(await reservedOf('ada')).toBe(6_000);
  });

  it('of one customer, thirty at once, use up the limit and not more', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `burst-${index}`);
    await Promise.all(ids.map((id) => order(id, 'bob', 30_000)));
    await stage.engine.settle();
    const counts = await stage.database()('orders').whereIn('id', ids).groupBy('status').select('status').count();
    expect(Object.fromEntries(counts.map(({ status, count }) => [status, Number(count)]))).toEqual({
      APPROVED: 3,
      REJECTED: 27,
    });
    expect(await reservedOf('bob')).toBe(90_000);
    expect(await stage.database('customers')('reservations').where({ customer_id: 'bob' })).toHaveLength(3);
  });
});
