import type { Knex } from 'knex';
import type { MessagingServiceName } from '../service-names.js';
import { duplicateEffects } from './duplicate-effects.js';
import { moneyDrift } from './money-conservation.js';
import { paymentDrift } from './paid-orders.js';
import { reservedStockDrift } from './reserved-stock.js';
import { stockDrift } from './stock-conservation.js';
import { unsentMessages } from './unsent-messages.js';
import { unsettledOrders } from './unsettled-orders.js';

/** What must hold when everything has come to rest. */
export interface Invariants {
  readonly stockConserved: boolean;
  readonly moneyConserved: boolean;
  readonly everyOrderSettled: boolean;
  readonly noDuplicateEffect: boolean;
  readonly reservedStockMatchesOrderItems: boolean;
  readonly confirmedOrdersArePaid: boolean;
  readonly noMessageStuck: boolean;
}

export interface InvariantReport {
  readonly invariants: Invariants;
  /** A sentence for each thing that drifted. */
  readonly drift: readonly string[];
}

/** Asks the services' databases, each for itself and two by two. */
export async function checkInvariants(
  databases: Readonly<Record<MessagingServiceName, Knex>> & { readonly products?: Knex },
): Promise<InvariantReport> {
  const { orders, inventory, payments, products } = databases;
  const participants = [inventory, payments];
  const publishing = [orders, ...participants, ...(products === undefined ? [] : [products])];
  const found: Readonly<Record<keyof Invariants, readonly string[]>> = {
    stockConserved: await stockDrift(inventory),
    moneyConserved: await moneyDrift(payments),
    everyOrderSettled: await unsettledOrders(orders),
    noDuplicateEffect: (await Promise.all(participants.map(duplicateEffects))).flat(),
    reservedStockMatchesOrderItems: await reservedStockDrift(orders, inventory),
    confirmedOrdersArePaid: await paymentDrift(orders, payments),
    noMessageStuck: (await Promise.all(publishing.map(unsentMessages))).flat(),
  };
  const holds = Object.fromEntries(Object.entries(found).map(([name, drift]) => [name, drift.length === 0]));
  return { invariants: holds as unknown as Invariants, drift: Object.values(found).flat() };
}
