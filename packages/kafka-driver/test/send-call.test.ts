import type { OutboundRecord } from '@backstitch/messaging';
import { expect, it } from 'vitest';
import { createSendCall, type SendEntry } from '../src/send-call.js';

const record = (key: string, value: string): OutboundRecord => ({ topic: 'orders', key, value });

function call() {
  const made = createSendCall([record('a', '0'), record('b', '1'), record('a', '2'), record('a', '3')]);
  const at = (index: number): SendEntry => made.entries[index] as SendEntry;
  return { made, at };
}

it('has no results before every record is settled', () => {
  const { made, at } = call();
  made.sent(at(0));
  made.sent(at(1));
  made.sent(at(2));
  expect(made.results()).toBeUndefined();
  made.sent(at(3));
  expect(made.results()).toEqual([{ kind: 'sent' }, { kind: 'sent' }, { kind: 'sent' }, { kind: 'sent' }]);
});

it('holds what follows a refused record in its lane, and nothing else', () => {
  const { made, at } = call();
  made.refused(at(2), 'RECORD_TOO_LARGE', 'too large');
  expect([0, 1, 2, 3].map((index) => made.heldBack(at(index)))).toEqual([false, false, false, true]);
  made.sent(at(0));
  made.sent(at(1));
  expect(made.results()?.map(({ kind }) => kind)).toEqual(['sent', 'sent', 'refused', 'held']);
});

it('refuses only the first of a lane where all of them would be', () => {
  const { made, at } = call();
  for (const index of [0, 1, 2, 3]) made.refused(at(index), 'UNKNOWN_TOPIC', 'no such topic');
  expect(made.results()?.map(({ kind }) => kind)).toEqual(['refused', 'refused', 'held', 'held']);
});

it('tells lanes of two topics apart, and keys that look like one another', () => {
  const made = createSendCall([
    { topic: 'a', key: 'b c', value: '' },
    { topic: 'a b', key: 'c', value: '' },
  ]);
  expect(new Set(made.entries.map(({ lane }) => lane)).size).toBe(2);
});
