import { contract } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';
import { participantOn } from '../../src/participant/index.js';
import { declined, testSaga } from '../../src/testing/index.js';

const request = z.object({ orderId: z.string() });
const carrier = contract('carrier', {
  ship: { request, reply: z.object({ parcel: z.string() }), errors: { NO_CARRIER: z.object({ zone: z.number() }) } },
  recall: { request },
});
const delivery = sagaOn<never>()('delivery', { version: 1, input: request })
  .invoke('ship', carrier.ship, {
    with: ({ input }) => input,
    compensate: { command: carrier.recall, with: ({ sent }) => sent },
    timeout: '10s',
    acceptedTimeout: '1m',
    retry: { attempts: 2, backoff: '1s', jitter: 'none' },
  })
  .sleep('arrive', '1d')
  .output(({ steps }) => steps.ship);
const base = testSaga(delivery).given({ orderId: 'o1' });

describe('a participant that answers later', () => {
  it('is waited for as long as it is heard of', async () => {
    const answer = { reply: { parcel: 'p1' } };
    const run = await base.when(carrier.ship, { accepted: { answer, after: '2h', heartbeatEvery: '50s' } }).run();
    expect(run.output).toEqual({ parcel: 'p1' });
    expect(run.clockMs).toBe(2 * 3_600_000 + 86_400_000);
    expect(run.sent).toHaveLength(1);
  });

  it('that is silent too long hears the command again, says that it works on it still, and answers that attempt', async () => {
    const run = await base
      .when(carrier.ship, { accepted: { answer: { reply: { parcel: 'p1' } }, after: '90s' } })
      .run();
    expect(run.sent.map(({ attempt, at }) => [attempt, at])).toEqual([
      [1, 0],
      [2, 61_000],
    ]);
    expect(run.status).toBe('completed');
    expect(run.fences).toEqual({ ship: 'succeeded' });
  });

  it('that has died is given up after its attempts, and undone', async () => {
    const run = await base.when(carrier.ship, { accepted: {} }).run();
    expect(run.trace).toEqual(['!ship:STEP_TIMED_OUT', '-ship']);
    expect(run.fences).toEqual({ ship: 'undone' });
  });

  it('declines later', async () => {
    const answer = declined(carrier.ship, 'NO_CARRIER', { zone: 3 });
    const run = await base.when(carrier.ship, { accepted: { answer, after: '30s' } }).run();
    expect(run.trace).toEqual(['!ship:NO_CARRIER']);
  });

  it('fails later, and runs again', async () => {
    const answer = { fail: { message: 'van broken' } };
    const run = await base
      .when(carrier.ship, (_, attempt) =>
        attempt === 1 ? { accepted: { answer, after: '30s' } } : { reply: { parcel: 'p2' } },
      )
      .run();
    expect(run.output).toEqual({ parcel: 'p2' });
    expect(run.sent.map(({ at }) => at)).toEqual([0, 31_000]);
  });

  it('is fenced when it comes with its answer after the undo', async () => {
    const answer = { reply: { parcel: 'p1' } };
    const run = await base
      .when(carrier.ship, { accepted: { answer, after: '20s', heartbeatEvery: '5s' } })
      .at('12s', { kind: 'cancel' })
      .run();
    expect(run.trace).toEqual(['cancel:SAGA_CANCELLED', '?ship', '-ship']);
    expect(run.fences).toEqual({ ship: 'undone' });
    expect(run.discarded).toEqual([]);
  });

  it('may undo later, too', async () => {
    const run = await base
      .when(carrier.ship, { reply: { parcel: 'p1' } })
      .when(carrier.recall, { accepted: { answer: { reply: undefined }, after: '5m', heartbeatEvery: '20s' } })
      .at('1h', { kind: 'cancel' })
      .run();
    expect(run.trace).toEqual(['+ship', 'cancel:SAGA_CANCELLED', '~arrive:notRun', '-ship']);
    expect(run.clockMs).toBe(3_600_000 + 300_000);
    expect(run.sent).toHaveLength(2);
  });

  it('may be a real handler, of which nothing more is heard in the test', async () => {
    const handlers = participantOn<never>()(carrier, {
      ship: ({ accept }) => accept(),
      recall: () => undefined,
    });
    const run = await testSaga(delivery, { participants: [handlers] })
      .given({ orderId: 'o1' })
      .run();
    expect(run.trace).toEqual(['!ship:STEP_TIMED_OUT', '-ship']);
  });

  it('says when it answers', async () => {
    const accepted = { answer: { reply: { parcel: 'p1' } } };
    await expect(base.when(carrier.ship, { accepted }).run()).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
