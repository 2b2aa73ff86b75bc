import { validate } from '@backstitch/messaging';
import type { z } from 'zod';
import { cart } from '../carts/http-api.js';
import type { Order } from '../contracts/order.js';
import { productList } from '../products/http-api.js';

/** The services that are asked before an order begins. */
export interface QuoteSources {
  readonly cartsUrl: string;
  readonly productsUrl: string;
}

export type Quote =
  | { readonly kind: 'quoted'; readonly items: Order['items']; readonly total: Order['total'] }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string }
  | { readonly kind: 'unavailable'; readonly detail: string };

const answerWithinMs = 3_000;

/** Reads what is in the cart and what it costs now. Only reads: it may be done again at will, and outside any transaction. */
export async function quoteCart(
  sources: QuoteSources,
  { cartId, customerId }: { readonly cartId: string; readonly customerId: string },
): Promise<Quote> {
  const found = await ask(`${sources.cartsUrl}/carts/${encodeURIComponent(cartId)}`, cart);
  if (found.kind === 'unavailable') return found;
  if (found.kind === 'unknown' || found.value.customerId !== customerId) {
    return { kind: 'refused', code: 'CART_UNKNOWN', detail: 'This customer has no such cart.' };
  }
  const { items } = found.value;
  if (items.length === 0) return { kind: 'refused', code: 'CART_EMPTY', detail: 'There is nothing in the cart.' };
  const query = new URLSearchParams(items.map(({ sku }): [string, string] => ['sku', sku]));
  const listed = await ask(`${sources.productsUrl}/products?${query}`, productList);
  if (listed.kind === 'unavailable') return listed;
  return priced(items, listed.kind === 'unknown' ? [] : listed.value.products);
}

function priced(items: z.infer<typeof cart>['items'], products: z.infer<typeof productList>['products']): Quote {
  const prices = new Map(products.map(({ sku, price }) => [sku, price]));
  const lines = items.flatMap((item) => {
    const price = prices.get(item.sku);
    return price === undefined ? [] : [{ ...item, price }];
  });
  if (lines.length < items.length) {
    const missing = items.filter(({ sku }) => !prices.has(sku)).map(({ sku }) => sku);
    return { kind: 'refused', code: 'PRODUCT_UNKNOWN', detail: `There is no product ${missing.join(', ')}.` };
  }
  const [currency, ...others] = new Set(lines.map(({ price }) => price.currency));
  if (currency === undefined || others.length > 0) {
    return { kind: 'refused', code: 'CURRENCIES_MIXED', detail: 'One order is paid in one currency.' };
  }
  const amountMinor = lines.reduce((sum, { quantity, price }) => sum + quantity * price.amountMinor, 0);
  if (!Number.isSafeInteger(amountMinor))
    return { kind: 'refused', code: 'TOTAL_TOO_LARGE', detail: 'The total is beyond what can be charged.' };
  return {
    kind: 'quoted',
    items: lines.map(({ sku, quantity, price }) => ({ sku, quantity, unitPriceMinor: price.amountMinor })),
    total: { amountMinor, currency },
  };
}

type Asked<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable'; readonly detail: string };

async function ask<Schema extends z.ZodType>(url: string, schema: Schema): Promise<Asked<z.infer<Schema>>> {
  const { origin } = new URL(url);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerWithinMs) });
    if (response.status === 404) return { kind: 'unknown' };
    if (!response.ok) return { kind: 'unavailable', detail: `${origin} answered ${response.status}.` };
    const checked = validate(schema, await response.json());
    if (checked.kind === 'valid') return { kind: 'answered', value: checked.value as z.infer<Schema> };
    return { kind: 'unavailable', detail: `${origin} answered something else than was agreed.` };
  } catch {
    return { kind: 'unavailable', detail: `${origin} does not answer.` };
  }
}
