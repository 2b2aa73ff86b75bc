import { money } from './definitions.js';

export const productOfferedV1 = {
  $id: 'https://backstitch.example/events/ProductOffered/1',
  type: 'object',
  required: ['sku', 'name', 'price'],
  additionalProperties: false,
  properties: {
    sku: { type: 'string', minLength: 1, maxLength: 64 },
    name: { type: 'string', minLength: 1, maxLength: 200 },
    price: money,
  },
} as const;
