import { customerId, orderId } from './definitions.js';

export const orderCancelledV1 = {
  $id: 'https://backstitch.example/events/OrderCancelled/1',
  type: 'object',
  required: ['orderId', 'customerId', 'reason'],
  additionalProperties: false,
  properties: { orderId, customerId, reason: { type: 'string', pattern: '^[A-Z][A-Z0-9_]{0,63}$' } },
} as const;
