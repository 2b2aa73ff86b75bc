import { customerId, money, orderId } from './definitions.js';

export const orderConfirmedV1 = {
  $id: 'https://backstitch.example/events/OrderConfirmed/1',
  type: 'object',
  required: ['orderId', 'customerId', 'total'],
  additionalProperties: false,
  properties: { orderId, customerId, total: money },
} as const;
