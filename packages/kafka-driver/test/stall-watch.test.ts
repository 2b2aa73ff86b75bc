import { silentLogger } from '@backstitch/messaging';
import { expect, it } from 'vitest';
import type { GroupMember } from '../src/group-member.js';
import { createStallWatch } from '../src/stall-watch.js';

/** A watch with a time-out of 1,000 ms over a member and a broker that do what the test says. */
function stage() {
  const state = { now: 0, busy: false, partitions: 2, behind: 5n as bigint | Error, asked: 0 };
  const stalled: unknown[] = [];
  const member: GroupMember = {
    join: async () => undefined,
    leave: async () => undefined,
    assigned: () => Array.from({ length: state.partitions }, (_, partition) => ({ topic: 'orders', partition })),
    isBusy: () => state.busy,
  };
  const watch = createStallWatch({
    group: 'group',
    stallTimeoutMs: 1000,
    logger: silentLogger,
    now: () => state.now,
    member: () => member,
    onStalled: (error) => void stalled.push(error),
    async lag() {
      state.asked++;
      if (state.behind instanceof Error) throw state.behind;
      return state.behind;
    },
  });
  /** Looks every 250 ms, as the timer does. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      state.now += 250;
      await watch.runOnce();
    }
  };
  return { state, stalled, watch, pass };
}

it('tells of a consumer that is silent for the whole time-out and behind, once, with the evidence', async () => {
  const { stalled, pass } = stage();
  await pass(750);
  expect(stalled).toEqual([]);
  await pass(2000);
  expect(stalled).toMatchObject([
    { code: 'KAFKA_CONSUMER_STALLED', fields: { group: 'group', silentMs: 1000, behind: '5', partitions: 2 } },
  ]);
});

it('asks the broker nothing while there are signs of life', async () => {
  const { state, stalled, watch, pass } = stage();
  for (let at = 0; at < 10; at++) {
    await pass(750);
    watch.sign();
  }
  expect(state.asked).toBe(0);
  expect(stalled).toEqual([]);
});

it('takes a running handler for a sign of life, and counts from its end', async () => {
  const { state, stalled, pass } = stage();
  state.busy = true;
  await pass(10_000);
  state.busy = false;
  await pass(750);
  expect(stalled).toEqual([]);
  await pass(250);
  expect(stalled).toHaveLength(1);
});

it('does not miss a consumer with nothing to read, and notices as soon as it has', async () => {
  const { state, stalled, pass } = stage();
  state.behind = 0n;
  await pass(5000);
  expect(stalled).toEqual([]);
  state.behind = 1n;
  await pass(250);
  expect(stalled).toHaveLength(1);
});

it('does not judge a consumer without partitions', async () => {
  const { state, stalled, pass } = stage();
  state.partitions = 0;
  await pass(5000);
  expect([state.asked, stalled]).toEqual([0, []]);
});

it('waits where the broker does not answer either: that is an outage', async () => {
  const { state, stalled, pass } = stage();
  state.behind = new Error('refused');
  await pass(5000);
  expect(stalled).toEqual([]);
  expect(state.asked).toBeGreaterThan(1);
});

it('does not judge by a stretch in which the process itself stood still', async () => {
  const { state, stalled, watch, pass } = stage();
  state.now = 3_600_000;
  await watch.runOnce();
  await pass(750);
  expect(stalled).toEqual([]);
});

it('forgives a consumer that speaks while the broker is asked', async () => {
  const { state, stalled, watch, pass } = stage();
  await pass(750);
  state.now += 250;
  const looking = watch.runOnce();
  watch.sign();
  await looking;
  expect(stalled).toEqual([]);
});

it('looks no more after it was stopped', async () => {
  const { state, stalled, watch, pass } = stage();
  watch.stop();
  await pass(5000);
  expect([state.asked, stalled]).toEqual([0, []]);
});
