import { silentLogger } from '@backstitch/messaging';
import kafkajs from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GroupMember, MemberEvents } from '../src/group-member.js';
import { GroupSubscription } from '../src/group-subscription.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const ofType = (type: string): Error => Object.assign(new Error('x'), { name: 'KafkaJSProtocolError', type });
const outage = () => new kafkajs.KafkaJSConnectionError('refused');

/** Members that join as the test says: the first with the first answer, and so on; then all succeed. */
function stage(joins: (Error | undefined)[] = []) {
  const lag = { behind: 0n };
  const members: { readonly events: MemberEvents; left: number | undefined }[] = [];
  const subscription = new GroupSubscription({
    group: 'group',
    topics: ['orders'],
    closeTimeoutMs: 1000,
    stallTimeoutMs: 1000,
    lag: async () => lag.behind,
    logger: silentLogger,
    newMember(events) {
      const answer = joins.shift();
      const member = { events, left: undefined as number | undefined };
      members.push(member);
      const double: GroupMember = {
        join: () => (answer === undefined ? Promise.resolve() : Promise.reject(answer)),
        async leave(timeoutMs: number) {
          member.left = timeoutMs;
        },
        assigned: () => [{ topic: 'orders', partition: 0 }],
        isBusy: () => false,
      };
      return double;
    },
  });
  return { members, subscription, lag };
}

describe('a subscription', () => {
  it('replaces a crashed member after a pause, which grows until a batch comes through', async () => {
    const { members, subscription } = stage();
    await subscription.open();
    members[0]?.events.onCrash(outage());
    await vi.advanceTimersByTimeAsync(199);
    expect(members).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(members).toHaveLength(2);
    members[1]?.events.onCrash(outage());
    await vi.advanceTimersByTimeAsync(399);
    expect(members).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    members[2]?.events.onProgress();
    members[2]?.events.onCrash(outage());
    await vi.advanceTimersByTimeAsync(200);
    expect(members).toHaveLength(4);
    await subscription.close();
  });

  it('goes on trying where a new member cannot join', async () => {
    const { members, subscription } = stage([undefined, outage(), outage()]);
    await subscription.open();
    members[0]?.events.onCrash(outage());
    await vi.advanceTimersByTimeAsync(200 + 400 + 800);
    expect(members).toHaveLength(4);
    await subscription.close({ timeoutMs: 5 });
    expect(members.map(({ left }) => left)).toEqual([undefined, undefined, undefined, 5]);
  });

  it('rejects stopped with a typed error where waiting cannot help, and makes no new member', async () => {
    const { members, subscription } = stage();
    await subscription.open();
    const cause = ofType('GROUP_AUTHORIZATION_FAILED');
    members[0]?.events.onCrash(cause);
    await expect(subscription.stopped).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_DIED',
      fields: { group: 'group', why: 'GROUP_AUTHORIZATION_FAILED' },
      cause,
    });
    await vi.runAllTimersAsync();
    expect(members).toHaveLength(1);
    await subscription.close();
  });

  it('ends with a typed error and leaves its group when its member stops without a word', async () => {
    const { members, subscription, lag } = stage();
    await subscription.open();
    const stopped = expect(subscription.stopped).rejects.toMatchObject({
      code: 'KAFKA_CONSUMER_STALLED',
      fields: { group: 'group', behind: '7', partitions: 1 },
    });
    lag.behind = 7n;
    for (let at = 0; at < 5; at++) {
      members[0]?.events.onFetched();
      await vi.advanceTimersByTimeAsync(900);
    }
    expect(members[0]?.left).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1000);
    await stopped;
    expect(members[0]?.left).toBe(0);
    members[0]?.events.onCrash(outage());
    await vi.runAllTimersAsync();
    expect(members).toHaveLength(1);
  });

  it('makes no new member after it was closed', async () => {
    const { members, subscription } = stage();
    await subscription.open();
    members[0]?.events.onCrash(outage());
    await subscription.close();
    await subscription.stopped;
    members[0]?.events.onCrash(outage());
    await vi.runAllTimersAsync();
    expect(members).toHaveLength(1);
  });

  it('waits at its first join for a cluster that is coming up', async () => {
    const { members, subscription } = stage([
      ofType('GROUP_LOAD_IN_PROGRESS'),
      ofType('GROUP_COORDINATOR_NOT_AVAILABLE'),
    ]);
    const opening = subscription.open();
    await vi.advanceTimersByTimeAsync(200 + 400);
    await opening;
    expect(members).toHaveLength(3);
    await subscription.close();
    expect(members[2]?.left).toBe(1000);
  });

  it('does not wait for ever for such a cluster', async () => {
    const { subscription } = stage(Array.from({ length: 50 }, () => ofType('GROUP_LOAD_IN_PROGRESS')));
    const refused = expect(subscription.open()).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' });
    await vi.advanceTimersByTimeAsync(60_000);
    await refused;
  });

  it.each([
    ['UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_UNKNOWN'],
    ['GROUP_AUTHORIZATION_FAILED', 'KAFKA_NOT_AUTHORIZED'],
    ['TOPIC_AUTHORIZATION_FAILED', 'KAFKA_NOT_AUTHORIZED'],
    ['INVALID_SESSION_TIMEOUT', 'KAFKA_CONSUMER_DIED'],
    ['REQUEST_TIMED_OUT', 'TRANSPORT_UNAVAILABLE'],
  ])('answers a first join that ended with %s at once by %s', async (type, code) => {
    const { members, subscription } = stage([ofType(type)]);
    await expect(subscription.open()).rejects.toMatchObject({ code });
    expect(members).toHaveLength(1);
  });
});
