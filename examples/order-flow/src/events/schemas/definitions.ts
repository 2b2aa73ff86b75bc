/** Parts that several events are made of. JSON Schema, draft 2020-12. */
export const orderId = { type: 'string', format: 'uuid' } as const;
export const customerId = { type: 'string', minLength: 1, maxLength: 64 } as const;

/** Whole minor units. */
export const money = {
  type: 'object',
  required: ['amountMinor', 'currency'],
  additionalProperties: false,
  properties: {
    amountMinor: { type: 'integer', minimum: 0 },
    currency: { type: 'string', pattern: '^[A-Z]{3}$' },
  },
} as const;

export const orderLine = {
  type: 'object',
  required: ['sku', 'quantity'],
  additionalProperties: false,
  properties: {
    sku: { type: 'string', pattern: '^[a-z0-9-]{1,64}$' },
    quantity: { type: 'integer', minimum: 1, maximum: 1000 },
  },
} as const;

export const pricedLine = {
  ...orderLine,
  required: ['sku', 'quantity', 'unitPriceMinor'],
  properties: { ...orderLine.properties, unitPriceMinor: { type: 'integer', minimum: 0 } },
} as const;
