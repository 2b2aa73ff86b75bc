import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrderFlowStage, orderFlowStage } from '../order-flow-stage.js';

let stage: OrderFlowStage;
beforeAll(async () => {
  stage = await orderFlowStage();
  await stage.shop.offer({ sku: 'lamp', name: 'Lamp', priceMinor: 2_100, stock: 5 });
  await stage.shop.openAccount('ada', 100_000);
});
afterAll(() => stage.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly [name: string]: unknown };
}

async function call(
  method: string,
  path: string,
  given: { readonly key?: string; readonly text?: string } = {},
): Promise<Answer> {
  const headers = {
    'content-type': 'application/json',
    ...(given.key === undefined ? {} : { 'idempotency-key': given.key }),
  };
  const url = `${stage.flow.urls.orders}${path}`;
  const response = await fetch(url, { method, headers, ...(given.text === undefined ? {} : { body: given.text }) });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

async function fillCart(quantity = 1, sku = 'lamp'): Promise<string> {
  const cartId = randomUUID();
  const body = JSON.stringify({ customerId: 'ada', items: quantity === 0 ? [] : [{ sku, quantity }] });
  await fetch(`${stage.flow.urls.carts}/carts/${cartId}`, { method: 'PUT', body });
  return cartId;
}

const ordersOfAda = async (): Promise<number> => (await stage.databases.orders('orders').select('id')).length;

describe('POST /orders', () => {
  it('answers 202 with the order, and the same again for the same key', async () => {
    const text = JSON.stringify({ customerId: 'ada', cartId: await fillCart() });
    const key = randomUUID();
    const before = await ordersOfAda();
    const first = await call('POST', '/orders', { key, text });
    expect(first).toMatchObject({ status: 202, body: { status: 'PENDING' } });
    expect(first.headers.get('location')).toBe(`/orders/${first.body['orderId']}`);
    const second = await call('POST', '/orders', { key, text });
    expect(second).toMatchObject({ status: 202, body: first.body });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await ordersOfAda()).toBe(before + 1);
  });

  it('places one order where the same request comes many times at once', async () => {
    const text = JSON.stringify({ customerId: 'ada', cartId: await fillCart() });
    const key = randomUUID();
    const before = await ordersOfAda();
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('POST', '/orders', { key, text })));
    expect(new Set(answers.map(({ body }) => body['orderId'])).size).toBe(1);
    expect(await ordersOfAda()).toBe(before + 1);
  });

  it('refuses a key that was used with another body', async () => {
    const key = randomUUID();
    await call('POST', '/orders', { key, text: JSON.stringify({ customerId: 'ada', cartId: await fillCart() }) });
    const other = await call('POST', '/orders', {
      key,
      text: JSON.stringify({ customerId: 'ada', cartId: await fillCart(2) }),
    });
    expect(other).toMatchObject({ status: 422, body: { code: 'KEY_REUSED' } });
    expect(other.headers.get('content-type')).toBe('application/problem+json');
  });

  it('answers 409 while the same key is in flight', async () => {
    const key = randomUUID();
    const text = JSON.stringify({ customerId: 'ada', cartId: await fillCart() });
    const lock = await stage.databases.orders.transaction();
    try {
      // The request that came first holds its key and waits for this lock.
      await lock.raw('lock table orders in exclusive mode');
      const first = call('POST', '/orders', { key, text });
      // Asked outside the transaction: within one, Postgres keeps answering what it saw first.
      const waiting = () =>
        stage.databases.orders.raw(
          "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ilike 'insert into \"orders\"%'",
        );
      await expect.poll(async () => (await waiting()).rows.length).toBe(1);
      const second = await call('POST', '/orders', { key, text });
      expect(second).toMatchObject({ status: 409, body: { code: 'KEY_IN_FLIGHT' } });
      await lock.rollback();
      expect(await first).toMatchObject({ status: 202 });
    } finally {
      await lock.rollback();
    }
  });

  it('answers 400 where the key is missing, and places nothing', async () => {
    const before = await ordersOfAda();
    const answer = await call('POST', '/orders', {
      text: JSON.stringify({ customerId: 'ada', cartId: await fillCart() }),
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'KEY_MISSING' } });
    expect(await ordersOfAda()).toBe(before);
  });

  it('answers 400 and names every field that is not valid', async () => {
    const answer = await call('POST', '/orders', { key: randomUUID(), text: '{"customerId":7}' });
    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const errors = answer.body['errors'] as readonly { readonly pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/cartId', '/customerId']);
  });

  it.each([
    ['{"customerId":', 400, 'BODY_NOT_JSON'],
    ['', 400, 'REQUEST_INVALID'],
    [JSON.stringify({ customerId: 'ada', cartId: 'x'.repeat(70_000) }), 413, 'BODY_TOO_LARGE'],
  ])('refuses a body, %s', async (text, status, code) => {
    expect(await call('POST', '/orders', { key: randomUUID(), text })).toMatchObject({ status, body: { code } });
  });

  it('answers 422 for a cart that cannot be ordered', async () => {
    const order = async (cartId: string) =>
      call('POST', '/orders', { key: randomUUID(), text: JSON.stringify({ customerId: 'ada', cartId }) });
    expect(await order('nobody')).toMatchObject({
      status: 422,
      body: { code: 'CART_UNKNOWN', errors: [{ pointer: '/cartId' }] },
    });
    expect(await order(await fillCart(0))).toMatchObject({ status: 422, body: { code: 'CART_EMPTY' } });
    expect(await order(await fillCart(1, 'unicorn'))).toMatchObject({ status: 422, body: { code: 'PRODUCT_UNKNOWN' } });
  });
});

it('answers 404 for an order that does not exist, whatever its id looks like', async () => {
  for (const id of [randomUUID(), 'no-uuid', '%ff']) {
    expect((await call('GET', `/orders/${id}`)).status).toBe(404);
  }
});

it('answers 405 for a method that a path does not have', async () => {
  expect(await call('PUT', '/orders', { text: '{}' })).toMatchObject({
    status: 405,
    body: { code: 'METHOD_NOT_ALLOWED' },
  });
});
