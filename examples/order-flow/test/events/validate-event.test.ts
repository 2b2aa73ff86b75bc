import { expect, it } from 'vitest';
import { eventTopics, orderFlowEvents } from '../../src/events/event-catalog.js';
import { validateEvent } from '../../src/events/validate-event.js';

const orderId = '6f1c2f9e-5d3b-4a57-9c3e-0d5a4f7b2c11';
const total = { amountMinor: 4200, currency: 'EUR' };

it('accepts a payload that fits the schema of its type, as a value and as text', () => {
  const payload = { orderId, customerId: 'ada', total };
  expect(validateEvent('OrderConfirmed', payload)).toEqual({ valid: true, errors: [] });
  expect(validateEvent('OrderConfirmed', JSON.stringify(payload))).toEqual({ valid: true, errors: [] });
});

it('names every violation with its path', () => {
  const items = [{ sku: 'Lamp!', quantity: 0, unitPriceMinor: 9.5 }];
  const { valid, errors } = validateEvent('OrderCreated', {
    orderId: 'x',
    customerId: 'ada',
    items,
    total: { amountMinor: -1 },
  });
  expect(valid).toBe(false);
  expect(errors.map(({ path }) => path).sort()).toEqual([
    '/items/0/quantity',
    '/items/0/sku',
    '/items/0/unitPriceMinor',
    '/orderId',
    '/total',
    '/total/amountMinor',
  ]);
});

it('refuses an unknown type', () => {
  expect(validateEvent('OrderShipped', {})).toEqual({
    valid: false,
    errors: [{ path: '', message: 'unknown event type "OrderShipped"' }],
  });
  expect(validateEvent('__proto__', {}).valid).toBe(false);
});

it('refuses text that is not JSON', () => {
  const { valid, errors } = validateEvent('OrderConfirmed', '{"orderId":');
  expect(valid).toBe(false);
  expect(errors).toHaveLength(1);
});

it('refuses fractions of a minor unit and fields that nobody declared', () => {
  const { errors } = validateEvent('OrderConfirmed', {
    orderId,
    customerId: 'ada',
    total: { amountMinor: 0.5, currency: 'EUR' },
    note: '',
  });
  expect(errors.map(({ path }) => path).sort()).toEqual(['', '/total/amountMinor']);
});

it('has a topic and a version for every type', () => {
  for (const type of orderFlowEvents.types) {
    expect(eventTopics[type]).toMatch(/^(order|inventory|payment|product)\.events$/);
    expect(orderFlowEvents.versionOf(type)).toBe(1);
  }
});
