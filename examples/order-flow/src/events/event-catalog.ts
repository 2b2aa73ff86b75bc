import { eventCatalog } from '@backstitch/messaging';
import { inventoryReservedV1 } from './schemas/inventory-reserved.v1.js';
import { orderCancelledV1 } from './schemas/order-cancelled.v1.js';
import { orderConfirmedV1 } from './schemas/order-confirmed.v1.js';
import { orderCreatedV1 } from './schemas/order-created.v1.js';
import { paymentAuthorizedV1 } from './schemas/payment-authorized.v1.js';
import { productOfferedV1 } from './schemas/product-offered.v1.js';

/** Every domain event of the example, with the version that is published today. */
export const orderFlowEvents = eventCatalog({
  OrderCreated: { version: 1, schema: orderCreatedV1 },
  InventoryReserved: { version: 1, schema: inventoryReservedV1 },
  PaymentAuthorized: { version: 1, schema: paymentAuthorizedV1 },
  OrderConfirmed: { version: 1, schema: orderConfirmedV1 },
  OrderCancelled: { version: 1, schema: orderCancelledV1 },
  ProductOffered: { version: 1, schema: productOfferedV1 },
});
export type OrderFlowEvent = (typeof orderFlowEvents.types)[number];

/** Where each event goes: one topic a publishing service, so that the events of one order keep their order within it. */
export const eventTopics: Readonly<Record<OrderFlowEvent, string>> = {
  OrderCreated: 'order.events',
  OrderConfirmed: 'order.events',
  OrderCancelled: 'order.events',
  InventoryReserved: 'inventory.events',
  PaymentAuthorized: 'payment.events',
  ProductOffered: 'product.events',
};
