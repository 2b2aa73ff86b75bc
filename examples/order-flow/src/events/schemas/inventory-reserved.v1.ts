import { orderId, orderLine } from './definitions.js';

export const inventoryReservedV1 = {
  $id: 'https://backstitch.example/events/InventoryReserved/1',
  type: 'object',
  required: ['orderId', 'reservationId', 'items'],
  additionalProperties: false,
  properties: {
    orderId,
    reservationId: { type: 'string', format: 'uuid' },
    items: { type: 'array', minItems: 1, items: orderLine },
  },
} as const;
