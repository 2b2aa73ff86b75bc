import type { Knex } from 'knex';
import type { Order } from '../contracts/order.js';
import type { EventPublisher } from '../events/event-publisher.js';

export type OrderStatus = 'PENDING' | 'CONFIRMED' | 'CANCELLED';

/** What becomes of orders. Every verb changes the row and publishes its event in the caller's transaction. */
export interface OrderBook {
  create(trx: Knex.Transaction, order: Order): Promise<void>;
  confirm(trx: Knex.Transaction, orderId: string): Promise<void>;
  cancel(trx: Knex.Transaction, orderId: string, reason: string): Promise<void>;
}

interface OrderRow {
  readonly id: string;
  readonly customer_id: string;
  readonly currency: string;
  /** `bigint` comes as a string. */
  readonly total_minor: string;
}

export function createOrderBook(events: EventPublisher): OrderBook {
  const publish = (
    trx: Knex.Transaction,
    type: 'OrderCreated' | 'OrderConfirmed' | 'OrderCancelled',
    payload: { readonly orderId: string },
  ) => events.publish(trx, { type, aggregateType: 'order', aggregateId: payload.orderId, payload });
  return {
    async create(trx, { orderId, customerId, items, total }) {
      await trx('orders').insert({
        id: orderId,
        customer_id: customerId,
        currency: total.currency,
        total_minor: total.amountMinor,
      });
      await trx('order_items').insert(
        items.map(({ sku, quantity, unitPriceMinor }) => ({
          order_id: orderId,
          sku,
          quantity,
          unit_price_minor: unitPriceMinor,
        })),
      );
      const payload = { orderId, customerId, items, total };
      await publish(trx, 'OrderCreated', payload);
    },
    async confirm(trx, orderId) {
      const row = await leavePending(trx, orderId, { status: 'CONFIRMED' });
      const total = { amountMinor: Number(row.total_minor), currency: row.currency };
      const payload = { orderId, customerId: row.customer_id, total };
      await publish(trx, 'OrderConfirmed', payload);
    },
    async cancel(trx, orderId, reason) {
      const row = await leavePending(trx, orderId, { status: 'CANCELLED', cancel_reason: reason });
      const payload = { orderId, customerId: row.customer_id, reason };
      await publish(trx, 'OrderCancelled', payload);
    },
  };
}

/** Only a PENDING order moves: a confirmed one can never be cancelled, whoever asks. */
async function leavePending(
  trx: Knex.Transaction,
  orderId: string,
  changes: { readonly status: OrderStatus; readonly cancel_reason?: string },
): Promise<OrderRow> {
  const [row] = await trx('orders')
    .where({ id: orderId, status: 'PENDING' })
    .update({ ...changes, updated_at: trx.raw('clock_timestamp()') })
    .returning<OrderRow[]>(['id', 'customer_id', 'currency', 'total_minor']);
  if (row === undefined) throw new Error(`order ${orderId} is not PENDING and cannot become ${changes.status}`);
  return row;
}
