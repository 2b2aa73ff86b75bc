import { customerId, money, orderId } from './definitions.js';

export const paymentAuthorizedV1 = {
  $id: 'https://backstitch.example/events/PaymentAuthorized/1',
  type: 'object',
  required: ['orderId', 'paymentId', 'customerId', 'amount'],
  additionalProperties: false,
  properties: { orderId, paymentId: { type: 'string', format: 'uuid' }, customerId, amount: money },
} as const;
