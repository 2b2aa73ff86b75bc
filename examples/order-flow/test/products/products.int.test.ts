import { describeWithMysql, testMysqlDatabase } from '@backstitch/devkit/mysql-testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrderFlowStage, type OrderFlowStageOptions, orderFlowStage } from '../order-flow-stage.js';

/** The same promises, whichever database the service chose. */
function keepsItsPromises(options: () => Promise<OrderFlowStageOptions>): void {
  let stage: OrderFlowStage;
  beforeAll(async () => {
    stage = await orderFlowStage(await options());
  });
  afterAll(() => stage?.close());

  const put = (sku: string, product: object): Promise<Response> =>
    fetch(`${stage.flow.urls.products}/products/${sku}`, { method: 'PUT', body: JSON.stringify(product) });
  const offered = (): readonly unknown[] =>
    (stage.broker.topics().get('product.events') ?? []).map(({ value }) => JSON.parse(value ?? 'null'));

  it('tells of each offer once it is committed, in its order, and of none that was refused', async () => {
    const price = { amountMinor: 2_100, currency: 'EUR' };
    expect((await put('lamp', { name: 'Lamp', price })).status).toBe(200);
    expect((await put('lamp', { name: 'Lamp, oak', price })).status).toBe(200);
    expect((await put('lamp', { name: '', price })).status).toBe(400);
    expect((await put('x'.repeat(65), { name: 'Long', price })).status).toBe(400);
    await expect.poll(offered, { timeout: 30_000 }).toEqual([
      { sku: 'lamp', name: 'Lamp', price },
      { sku: 'lamp', name: 'Lamp, oak', price },
    ]);
    const listed = await fetch(`${stage.flow.urls.products}/products?sku=lamp&sku=unknown`);
    expect(await listed.json()).toEqual({ products: [{ sku: 'lamp', name: 'Lamp, oak', price }] });
  });

  it('is asked for the prices of an order, and every invariant holds at rest', async () => {
    await stage.shop.offer({ sku: 'desk', name: 'Desk', priceMinor: 9_900, stock: 3 });
    await stage.shop.openAccount('ada', 100_000);
    const orderId = await stage.shop.order({ customerId: 'ada', items: [{ sku: 'desk', quantity: 2 }] });
    const status = async (): Promise<unknown> =>
      ((await (await fetch(`${stage.flow.urls.orders}/orders/${orderId}`)).json()) as { status?: unknown }).status;
    await expect.poll(status, { timeout: 60_000 }).toBe('CONFIRMED');
    await expect.poll(async () => (await stage.check()).drift, { timeout: 30_000 }).toEqual([]);
  });

  it('does not hide a message that will never be sent', async () => {
    const table =
      stage.databases.products.client.driverName === 'mysql2' ? 'backstitch_outbox_events' : 'backstitch.outbox_events';
    const outbox = stage.databases.products(table);
    await outbox.clone().update({ status: 'FAILED', sent_at: null, last_error: 'UNKNOWN_TOPIC: gone' });
    expect((await stage.check()).drift).toEqual(['3 messages to product.events are FAILED']);
    await outbox.clone().delete();
  });
}

describe('products on Postgres', () => keepsItsPromises(async () => ({})));
describeWithMysql('products on MySQL', () => keepsItsPromises(async () => ({ products: await testMysqlDatabase() })));
