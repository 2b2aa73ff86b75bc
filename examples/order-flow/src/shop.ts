import { randomUUID } from 'node:crypto';
import type { ServiceName } from './service-names.js';

/** What a client of the shop may ask, over HTTP. */
export interface Shop {
  offer(product: {
    readonly sku: string;
    readonly name: string;
    readonly priceMinor: number;
    readonly stock: number;
  }): Promise<void>;
  openAccount(customerId: string, openingMinor: number): Promise<void>;
  /** Fills a cart and orders it; answers the order's id. */
  order(wish: {
    readonly customerId: string;
    readonly items: readonly { readonly sku: string; readonly quantity: number }[];
  }): Promise<string>;
}

const currency = 'EUR';

/** `urls` is asked at every call: a service that was restarted has another port. */
export function createShop(urls: () => Readonly<Record<ServiceName, string>>): Shop {
  return {
    async offer({ sku, name, priceMinor, stock }) {
      await send('PUT', `${urls().products}/products/${sku}`, { name, price: { amountMinor: priceMinor, currency } });
      if (stock > 0) await send('POST', `${urls().inventory}/deliveries`, { sku, quantity: stock });
    },
    async openAccount(customerId, openingMinor) {
      await send('POST', `${urls().payments}/accounts`, {
        customerId,
        opening: { amountMinor: openingMinor, currency },
      });
    },
    async order({ customerId, items }) {
      const cartId = randomUUID();
      await send('PUT', `${urls().carts}/carts/${cartId}`, { customerId, items });
      const placed = await send(
        'POST',
        `${urls().orders}/orders`,
        { customerId, cartId },
        { 'idempotency-key': randomUUID() },
      );
      return (placed as { orderId: string }).orderId;
    },
  };
}

async function send(
  method: string,
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
