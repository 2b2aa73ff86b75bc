import { expect, it } from 'vitest';
import { byCloudEventId, byOffset, decodeJsonValue, readMessage } from '../../../src/inbox/consumer/read-message.js';
import type { ConsumedRecord } from '../../../src/inbox/index.js';

const reader = { messageKey: byCloudEventId, decode: decodeJsonValue };
const record: ConsumedRecord = {
  topic: 'orders',
  partition: 1,
  offset: '7',
  key: 'o-1',
  value: '{"id":"o-1"}',
  headers: { ce_id: 'e-1', ce_source: '/shop' },
  timestampMs: 0,
};

it('reads a message by the identity of its CloudEvent', () => {
  expect(readMessage(reader, record)).toEqual({
    kind: 'message',
    messageKey: '["/shop","e-1"]',
    message: { id: 'o-1' },
  });
  expect(readMessage(reader, { ...record, value: null })).toMatchObject({ message: null });
});

it('reads a message by its place where the author says so', () => {
  const placed = { ...reader, messageKey: byOffset };
  expect(readMessage(placed, { ...record, headers: {} })).toMatchObject({ messageKey: 'orders/1/7' });
});

it.each([
  ['that the transport had to cut', { ...record, poison: 'too many headers' }, 'RECORD_CUT', 'orders/1/7'],
  ['without an id', { ...record, headers: {} }, 'MESSAGE_KEY_MISSING', 'orders/1/7'],
  [
    'with an id that cannot be stored',
    { ...record, headers: { ce_id: 'x'.repeat(2000) } },
    'MESSAGE_KEY_MISSING',
    'orders/1/7',
  ],
  ['that is no JSON', { ...record, value: 'secret {' }, 'MESSAGE_UNREADABLE', '["/shop","e-1"]'],
])('calls a record %s poison, and does not quote it', (_what, poisoned, code, messageKey) => {
  const read = readMessage(reader, poisoned);
  expect(read).toMatchObject({ kind: 'poison', code, messageKey });
  expect(JSON.stringify(read)).not.toContain('secret');
});
