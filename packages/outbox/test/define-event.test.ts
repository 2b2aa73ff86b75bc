import { jsonSchema } from '@backstitch/messaging';
import { expect, it } from 'vitest';
import { defineEvent } from '../src/index.js';

const orderPlaced = defineEvent({
  type: 'OrderPlaced',
  topic: 'orders',
  aggregateType: 'order',
  version: 2,
  schema: jsonSchema<{ total: number }>({
    type: 'object',
    required: ['total'],
    properties: { total: { type: 'integer' } },
  }),
});

it('makes the message of an event, with what the definition says and what is given', () => {
  expect(orderPlaced({ aggregateId: 'o1', payload: { total: 1 }, headers: { a: 'b' } })).toEqual({
    ...{ type: 'OrderPlaced', topic: 'orders', aggregateType: 'order', version: 2 },
    ...{ aggregateId: 'o1', payload: { total: 1 }, headers: { a: 'b' } },
  });
});

it('refuses a payload that breaks the schema, by its type and when it runs', () => {
  // @ts-expect-error total is a number
  expect(() => orderPlaced({ aggregateId: 'o1', payload: { total: 'x' } })).toThrow(
    expect.objectContaining({
      code: 'EVENT_INVALID',
      fields: { type: 'OrderPlaced', errors: [expect.objectContaining({ path: '/total' })] },
    }),
  );
});
