import { expect, it } from 'vitest';
import { thrownMessage } from '../src/thrown-message.js';

it.each<[string, unknown, string]>([
  ['an error', new Error('no stock'), 'no stock'],
  ['a text', 'no stock', 'no stock'],
  ['nothing', undefined, 'undefined'],
  ['an error whose message is an object', Object.assign(new Error(), { message: { status: 500 } }), '{"status":500}'],
  ['an object', { status: 500 }, '{"status":500}'],
  ['an object without text', { toJSON: () => BigInt(1) }, 'something was thrown that has no text'],
  ['a bare object', Object.create(null), '{}'],
  ['a novel', 'x'.repeat(1_000_000), 'x'.repeat(2_000)],
])('%s has a message', (_, thrown, message) => {
  expect(thrownMessage(thrown)).toBe(message);
});
