import { TransportUnavailableError } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import { createOneSignal } from '../src/one-signal.js';
import type { SendEntry } from '../src/send-call.js';
import { createSendQueue } from '../src/send-queue.js';

const one = (value: string) => [{ topic: 'orders', key: 'k', value }];
const settle = (entries: readonly SendEntry[]): void => {
  for (const entry of entries) entry.call.sent(entry);
};

/** A delivery that waits for the test's word each time. */
function gated() {
  const batches: string[][] = [];
  const gates: (() => void)[] = [];
  const arrived = { next: createOneSignal() };
  const deliver = async (entries: readonly SendEntry[]): Promise<void> => {
    batches.push(entries.map(({ record }) => record.value));
    const gate = createOneSignal();
    gates.push(() => gate.raise());
    arrived.next.raise();
    await gate.raised;
    settle(entries);
  };
  const open = async (): Promise<void> => {
    await arrived.next.raised;
    arrived.next = createOneSignal();
    gates.shift()?.();
  };
  return { batches, deliver, open };
}

describe('a send queue', () => {
  it('sends calls made while a batch is under way together, in the order they were made', async () => {
    const { batches, deliver, open } = gated();
    const queue = createSendQueue(deliver);
    const calls = [queue.send(one('a')), queue.send(one('b'))];
    const first = open();
    await first;
    calls.push(queue.send(one('c')), queue.send(one('d')), queue.send(one('e')));
    await open();
    await Promise.all(calls);
    expect(batches.flat()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(batches).toHaveLength(2);
  });

  it('never has two batches under way', async () => {
    let underWay = 0;
    let most = 0;
    const queue = createSendQueue(async (entries) => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      settle(entries);
      underWay--;
    });
    for (let round = 0; round < 5; round++) {
      await Promise.all([queue.send(one('a')), Promise.resolve().then(() => queue.send(one('b')))]);
    }
    expect(most).toBe(1);
  });

  it('gives each call the results of its own records', async () => {
    const queue = createSendQueue(async (entries) => {
      for (const entry of entries) {
        if (entry.record.value === 'bad') entry.call.refused(entry, 'RECORD_TOO_LARGE', 'x');
        else if (!entry.call.heldBack(entry)) entry.call.sent(entry);
      }
    });
    const both = await Promise.all([
      queue.send([...one('bad'), ...one('next')]),
      queue.send(one('same lane, other call')),
    ]);
    expect(both.map((results) => results.map(({ kind }) => kind))).toEqual([['refused', 'held'], ['sent']]);
  });

  it('rejects the calls of a failed batch and those behind it, and then goes on', async () => {
    let fails = true;
    const reached = createOneSignal();
    const broken = createOneSignal();
    const queue = createSendQueue(async (entries) => {
      if (!fails) return settle(entries);
      reached.raise();
      await broken.raised;
      throw new TransportUnavailableError('gone');
    });
    const failed = queue.send(one('a'));
    await reached.raised;
    const behind = queue.send(one('b'));
    broken.raise();
    await expect(failed).rejects.toBeInstanceOf(TransportUnavailableError);
    await expect(behind).rejects.toBeInstanceOf(TransportUnavailableError);
    fails = false;
    await expect(queue.send(one('c'))).resolves.toEqual([{ kind: 'sent' }]);
  });

  it('keeps the results of a call that was settled before the failure', async () => {
    const queue = createSendQueue(async (entries) => {
      settle(entries.slice(0, 1));
      throw new TransportUnavailableError('gone half-way');
    });
    const outcomes = await Promise.allSettled([queue.send(one('a')), queue.send(one('b'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('takes an unexpected error for trouble that is not the record’s', async () => {
    const cause = new TypeError('a bug');
    const queue = createSendQueue(() => Promise.reject(cause));
    await expect(queue.send(one('a'))).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', cause });
  });

  it('finishes at close what it took and refuses what comes later', async () => {
    const { deliver, open } = gated();
    const queue = createSendQueue(deliver);
    const taken = queue.send(one('a'));
    const closing = queue.close();
    await expect(queue.send(one('b'))).rejects.toMatchObject({ code: 'TRANSPORT_CLOSED' });
    await open();
    await closing;
    expect(await taken).toEqual([{ kind: 'sent' }]);
  });
});
