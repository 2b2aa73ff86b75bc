import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Invariants } from '../../src/checks/check-invariants.js';
import { type OrderFlowStage, orderFlowStage } from '../order-flow-stage.js';

let stage: OrderFlowStage;
beforeAll(async () => {
  stage = await orderFlowStage();
  await stage.shop.offer({ sku: 'lamp', name: 'Lamp', priceMinor: 2_100, stock: 5 });
  await stage.shop.openAccount('ada', 100_000);
  await stage.shop.order({ customerId: 'ada', items: [{ sku: 'lamp', quantity: 2 }] });
});
afterAll(() => stage.close());
beforeEach(() => expect.poll(async () => (await stage.check()).drift).toEqual([]));

const broken = async (): Promise<readonly string[]> => {
  const { invariants } = await stage.check();
  return Object.keys(invariants).filter((name) => !invariants[name as keyof Invariants]);
};

/** Each lie is told in a table, seen by the check, and taken back: what the check cannot see, it does not check. */
it('sees a piece of stock that nobody has', async () => {
  const stock = stage.databases.inventory('stock');
  await stock.clone().decrement('available', 1);
  expect(await broken()).toEqual(['stockConserved']);
  await stock.clone().increment('available', 1);
});

it('sees money that nobody has', async () => {
  const accounts = stage.databases.payments('accounts');
  await accounts.clone().increment('balance_minor', 1);
  expect(await broken()).toEqual(['moneyConserved']);
  await accounts.clone().decrement('balance_minor', 1);
});

it('sees an order that is not settled, whose stock and money are still held', async () => {
  const orders = stage.databases.orders('orders');
  await orders.clone().update({ status: 'PENDING' });
  expect(await broken()).toEqual(['everyOrderSettled', 'reservedStockMatchesOrderItems', 'confirmedOrdersArePaid']);
  await orders.clone().update({ status: 'CONFIRMED' });
});

it('sees an effect that happened twice', async () => {
  const effects = stage.databases.payments('effects');
  const twice = { command_id: 'twice', effect: 'authorize' };
  await effects.clone().insert([twice, twice]);
  expect(await broken()).toEqual(['noDuplicateEffect']);
  await effects.clone().where({ command_id: 'twice' }).delete();
});

it('sees a payment that belongs to no order', async () => {
  const payments = stage.databases.payments('payments');
  const id = randomUUID();
  await payments.clone().insert({ id, order_id: randomUUID(), customer_id: 'ada', amount_minor: 0 });
  expect(await broken()).toEqual(['confirmedOrdersArePaid']);
  await payments.clone().where({ id }).delete();
});

it('sees a message that will never be sent', async () => {
  const outbox = stage.databases.inventory('backstitch.outbox_events');
  const failed = {
    id: randomUUID(),
    aggregate_type: 'x',
    aggregate_id: 'x',
    event_type: 'x',
    payload: '{}',
    topic: 'x',
    key: 'x',
    status: 'FAILED',
    last_error: 'x',
  };
  await outbox.clone().insert(failed);
  expect(await broken()).toEqual(['noMessageStuck']);
  await outbox.clone().where({ id: failed.id }).delete();
});
