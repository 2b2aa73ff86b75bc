import { customerId, money, orderId, pricedLine } from './definitions.js';

export const orderCreatedV1 = {
  $id: 'https://backstitch.example/events/OrderCreated/1',
  type: 'object',
  required: ['orderId', 'customerId', 'items', 'total'],
  additionalProperties: false,
  properties: { orderId, customerId, items: { type: 'array', minItems: 1, items: pricedLine }, total: money },
} as const;
