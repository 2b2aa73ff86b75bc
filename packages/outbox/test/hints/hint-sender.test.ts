import { createVirtualClock } from '@backstitch/messaging/testing';
import { describe, expect, it } from 'vitest';
import { createHintSender } from '../../src/index.js';

function stage(answer: () => Promise<void> = async () => undefined) {
  const clock = createVirtualClock();
  const sent: unknown[] = [];
  const query = async (_text: string, values?: readonly unknown[]) => {
    sent.push(values?.[0]);
    await answer();
    return { rows: [], rowCount: 0, command: 'SELECT' };
  };
  return {
    clock,
    sent,
    sender: createHintSender({ database: { sql: { query } }, clock, schema: 'shop', intervalMs: 20 }),
  };
}

describe('the sender of hints', () => {
  it('sends the first at once, and what comes soon after with one more', async () => {
    const it = stage();
    for (let n = 0; n < 50; n += 1) it.sender.send();
    await it.clock.advance(0);
    expect(it.sent).toEqual(['backstitch_outbox_shop']);
    await it.clock.advance(20);
    expect(it.sent).toHaveLength(2);
    await it.clock.advance(1_000);
    expect(it.sent).toHaveLength(2);
  });

  it('goes on after the database was away, and throws nothing at who has just committed', async () => {
    let isAway = true;
    const it = stage(async () => {
      if (isAway) throw new Error('away');
    });
    it.sender.send();
    await it.clock.advance(20);
    isAway = false;
    it.sender.send();
    await it.clock.advance(0);
    expect(it.sent).toHaveLength(2);
  });

  it('says nothing more when it is stopped', async () => {
    const it = stage();
    it.sender.send();
    await it.sender.stop();
    it.sender.send();
    await it.clock.advance(1_000);
    expect(it.sent).toHaveLength(1);
    expect(it.clock.nextTimerAt()).toBeUndefined();
  });
});
