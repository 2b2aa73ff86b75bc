import { describe, expect, it } from 'vitest';
import { type EventSpec, eventCatalog } from '../src/index.js';

const catalog = eventCatalog({
  OrderConfirmed: {
    version: 2,
    schema: {
      type: 'object',
      properties: {
        orderId: { type: 'string', format: 'uuid' },
        items: {
          type: 'array',
          items: { type: 'object', properties: { qty: { type: 'integer', minimum: 1 } }, required: ['qty'] },
        },
        currency: { enum: ['EUR', 'USD'] },
      },
      required: ['orderId', 'items'],
      additionalProperties: false,
    },
  },
  'order.cancelled': { version: 1, schema: { type: 'object' } },
});
const orderId = '0193a5f2-7c1e-7abc-8def-0123456789ab';

describe('an event catalog', () => {
  it('knows its types and their versions', () => {
    expect(catalog.types).toEqual(['OrderConfirmed', 'order.cancelled']);
    expect(catalog.versionOf('OrderConfirmed')).toBe(2);
    expect(catalog.versionOf('constructor')).toBeUndefined();
  });

  it('takes a valid payload as a value and as text', () => {
    const payload = { orderId, items: [{ qty: 1 }], currency: 'EUR' };
    expect(catalog.validate('OrderConfirmed', payload)).toEqual({ valid: true, errors: [] });
    expect(catalog.validate('OrderConfirmed', JSON.stringify(payload))).toEqual({ valid: true, errors: [] });
  });

  it('reports every violation with its place', () => {
    const { valid, errors } = catalog.validate('OrderConfirmed', {
      items: [{ qty: 0 }, {}],
      currency: 'GBP',
      note: 'x',
    });
    expect(valid).toBe(false);
    expect(errors).toHaveLength(5);
    expect(errors).toEqual(
      expect.arrayContaining([
        { path: '', message: "must have required property 'orderId'" },
        { path: '', message: 'must NOT have additional properties: "note"' },
        { path: '/items/0/qty', message: 'must be >= 1' },
        { path: '/items/1', message: "must have required property 'qty'" },
        { path: '/currency', message: 'must be equal to one of the allowed values: "EUR", "USD"' },
      ]),
    );
  });

  it.each(['OrderLost', '__proto__', 'constructor', ''])('does not know the type %j', (type) => {
    expect(catalog.validate(type, {})).toEqual({
      valid: false,
      errors: [{ path: '', message: `unknown event type "${type}"` }],
    });
  });

  it.each([['{'], [''], ['['.repeat(100_000)], ['{"__proto__":1}'], ['"\\u0000"']])(
    'refuses the text %.20j',
    (text) => {
      expect(catalog.validate('order.cancelled', text)).toEqual({
        valid: false,
        errors: [{ path: '', message: expect.stringContaining('payload') }],
      });
    },
  );

  it.each([undefined, null, 7, [], () => 1])('does not throw on %s', (payload) => {
    expect(catalog.validate('order.cancelled', payload).valid).toBe(false);
  });

  it.each<[string, Record<string, EventSpec>, string]>([
    ['a type with a blank', { 'Order Confirmed': { version: 1, schema: {} } }, 'OPTIONS_INVALID'],
    ['version 0', { OrderConfirmed: { version: 0, schema: {} } }, 'OPTIONS_INVALID'],
    ['a schema that is none', { OrderConfirmed: { version: 1, schema: { type: 'objekt' } } }, 'SCHEMA_INVALID'],
  ])('is refused with %s', (_, events, code) => {
    expect(() => eventCatalog(events)).toThrow(expect.objectContaining({ code, hint: expect.any(String) }));
  });
});
