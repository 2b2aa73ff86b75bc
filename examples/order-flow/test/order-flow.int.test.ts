import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OrderFlowStage, orderFlowStage } from './order-flow-stage.js';

let stage: OrderFlowStage;

beforeAll(async () => {
  stage = await orderFlowStage();
  const { shop } = stage;
  await shop.offer({ sku: 'lamp', name: 'Lamp', priceMinor: 2_100, stock: 5 });
  await shop.offer({ sku: 'chair', name: 'Chair', priceMinor: 9_900, stock: 1 });
  await shop.openAccount('ada', 100_000);
  await shop.openAccount('poor', 100);
});
afterAll(() => stage.close());

async function settled(orderId: string): Promise<{ status: string; reason?: string }> {
  const { flow } = stage;
  const { rows } = await stage.databases.orders.raw('select id from backstitch.saga_instances where start_key = ?', [
    orderId,
  ]);
  await flow.orders.engine
    .handle(flow.orders.placeOrder, rows[0].id)
    .result({ timeout: '30s' })
    .catch(() => undefined);
  const response = await fetch(`${flow.urls.orders}/orders/${orderId}`);
  return (await response.json()) as { status: string; reason?: string };
}

it('confirms an order that can be reserved and paid', async () => {
  const orderId = await stage.shop.order({ customerId: 'ada', items: [{ sku: 'lamp', quantity: 2 }] });
  expect(await settled(orderId)).toMatchObject({ status: 'CONFIRMED', total: { amountMinor: 4_200 } });
});

it('cancels an order that is out of stock, and keeps nothing of it reserved', async () => {
  const items = [
    { sku: 'chair', quantity: 1 },
    { sku: 'lamp', quantity: 100 },
  ];
  const orderId = await stage.shop.order({ customerId: 'ada', items });
  expect(await settled(orderId)).toMatchObject({ status: 'CANCELLED', reason: 'OUT_OF_STOCK' });
  expect(await stage.databases.inventory('stock').where({ sku: 'chair' }).first()).toMatchObject({ available: 1 });
});

it('gives the stock back when the payment is declined', async () => {
  const orderId = await stage.shop.order({ customerId: 'poor', items: [{ sku: 'chair', quantity: 1 }] });
  expect(await settled(orderId)).toMatchObject({ status: 'CANCELLED', reason: 'PAYMENT_DECLINED' });
  expect(await stage.databases.inventory('stock').where({ sku: 'chair' }).first()).toMatchObject({ available: 1 });
});

it('publishes what happened, and every invariant holds at rest', async () => {
  await expect.poll(async () => (await stage.check()).drift).toEqual([]);
  const types = (topic: string): string[] =>
    (stage.broker.topics().get(topic) ?? []).map(({ headers }) => headers['ce_type'] ?? '');
  expect(types('order.events').sort()).toEqual([
    ...['OrderCancelled', 'OrderCancelled', 'OrderConfirmed'],
    ...['OrderCreated', 'OrderCreated', 'OrderCreated'],
  ]);
  expect(types('inventory.events')).toEqual(['InventoryReserved', 'InventoryReserved']);
  expect(types('payment.events')).toEqual(['PaymentAuthorized']);
});
