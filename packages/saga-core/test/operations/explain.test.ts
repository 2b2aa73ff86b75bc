import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import { explain } from '../../src/operations/explain.js';
import { explainText } from '../../src/operations/explain-text.js';
import { testSaga } from '../../src/testing/index.js';
import { inventory, payment, placeOrder } from '../testing/place-order.js';
import { bank, everyKind, mail, stock } from './order-saga.js';

const saga = sagaOn<never>();
const input = z.looseObject({});
const bounded = { attempts: 2, backoff: '1s' } as const;
const reserve = {
  with: () => ({}),
  compensate: { command: stock.release, with: () => ({}) },
  retry: bounded,
  undoRetry: bounded,
  timeout: '10s',
} as const;

describe('what is sent and undone', () => {
  it('is what the machine does when nothing goes wrong', () => {
    const { prompt } = explain(everyKind);
    expect(prompt).toMatchObject({ end: 'completed', ms: 3_600_000, undone: [], kept: [], endless: [] });
    expect(prompt.actions.map(({ what }) => what)).toEqual([
      ...['local', 'stock.reserve', 'bank.authorize', 'mail.send', 'call', 'bank.capture', 'mail.send'],
    ]);
  });

  it('is what the machine does when a step is declined', () => {
    const { prompt } = explain(everyKind, { fail: { capture: 'declined' } });
    expect(prompt).toMatchObject({ end: 'compensated', failure: { step: 'capture' }, kept: ['note'] });
    expect(prompt.undone).toEqual(['book', 'reserveStock', 'authorizePayment', 'createOrder']);
  });

  it('skips what the scenario skips', () => {
    const { prompt } = explain(everyKind, { skip: ['book', 'thank'] });
    expect(prompt.actions.map(({ step }) => step)).not.toContain('book');
    expect(prompt.end).toBe('completed');
  });

  it.each(['declined', 'timeout', 'unknown'] as const)(
    'is what testSaga sees of the same mishap: %s',
    async (mishap) => {
      const reaction = {
        declined: { kind: 'declined', code: 'DECLINED', detail: { reason: 'r' } },
        timeout: { drop: true },
        unknown: { fail: { message: 'm' } },
      } as const;
      const run = await testSaga(placeOrder)
        .given({ total: 1, skus: [] })
        .local('createOrder', { orderId: 'o' })
        .when(inventory.reserve, { reply: { reservationId: 'r' } })
        .when(payment.authorize, reaction[mishap])
        .run();
      const { prompt } = explain(placeOrder, { fail: { authorizePayment: mishap } });
      expect(prompt.undone).toEqual(run.undone);
      expect(prompt.ms).toBe(run.clockMs);
      expect(
        prompt.actions.filter(({ what }) => what.includes('.')).reduce((sum, each) => sum + each.attempts, 0),
      ).toBe(run.sent.length);
    },
  );

  it('fences a step with nothing to undo that ends unknown', () => {
    const { prompt } = explain(everyKind, { fail: { note: 'timeout' } });
    expect(prompt.actions).toContainEqual({
      step: 'note',
      direction: 'undo',
      what: 'backstitch.tombstone',
      attempts: 1,
      firstAtMs: 18_000,
    });
  });

  it('takes back what was not sent yet', () => {
    const race = saga('race', { version: 1, input })
      .parallel((branches) =>
        branches.invoke('reserve', stock.reserve, reserve).local('check', () => {}, { compensate: 'nothing to undo' }),
      )
      .build();
    const { prompt } = explain(race, { fail: { check: 'declined' } });
    expect(prompt.actions.map(({ step }) => step)).toEqual(['check']);
    expect(prompt.end).toBe('compensated');
  });

  it('parks where an undo is declined', () => {
    const { prompt } = explain(everyKind, { fail: { capture: 'declined' }, failUndo: { reserveStock: 'declined' } });
    expect(prompt).toMatchObject({ end: 'parked', parked: { code: 'STEP_DECLINED', step: 'reserveStock' } });
  });
});

describe('how long it takes at most', () => {
  const line = saga('line', { version: 1, input })
    .invoke('reserve', stock.reserve, reserve)
    .invoke('note', mail.send, { with: () => ({}), compensate: 'nothing to undo', retry: bounded, timeout: '5s' })
    .build();

  it('is the sum of timeouts and backoffs, the undo included', () => {
    // 10 + 1 + 10 for each direction of the first, 5 + 1 + 5 for the second.
    expect(explain(line).worstMs).toBe(21_000 + 11_000);
    expect(explain(line, { fail: { note: 'declined' } }).worstMs).toBe(21_000 + 11_000 + 21_000);
  });

  it('counts jitter at its longest', () => {
    const jittery = explain(line, { fail: { reserve: 'unknown' } });
    expect(jittery.prompt.ms).toBe(1_000);
  });

  it('is unbounded where a policy is for ever, and says which and what bounds it', () => {
    const { worstMs, latest } = explain(everyKind);
    expect(worstMs).toBe('unbounded');
    const until = { kind: 'fence retention', ms: 90 * 86_400_000 };
    expect(latest.endless).toEqual([
      { step: 'capture', direction: 'do', because: 'retried for ever', until },
      { step: 'thank', direction: 'do', because: 'retried for ever', until },
    ]);
    expect(latest.end).toBe('completed');
  });

  it('has no end where such a step never succeeds', () => {
    const { prompt } = explain(everyKind, { fail: { capture: 'timeout' } });
    expect(prompt).toMatchObject({ end: 'retried for ever', endless: [{ step: 'capture' }] });
  });

  it("is bounded by the saga's own timeout before the pivot, which turns it back", () => {
    const patient = saga('patient', { version: 1, input, timeout: '10m' })
      .invoke('reserve', stock.reserve, { ...reserve, retry: { attempts: 'forever' } })
      .waitFor('word', z.string())
      .build();
    const { latest, prompt, worstMs } = explain(patient, { fail: { reserve: 'timeout' } });
    expect(prompt).toMatchObject({ end: 'compensated', failure: { code: 'SAGA_TIMED_OUT' }, ms: 600_000 });
    expect(latest.failure?.code).toBe('SAGA_TIMED_OUT');
    expect(worstMs).toBe(600_000 + 21_000);
  });

  it('is unbounded where a signal has no timeout, and a person bounds it', () => {
    const waiting = saga('waiting', { version: 1, input }).waitFor('word', z.string()).build();
    expect(explain(waiting)).toMatchObject({
      worstMs: 'unbounded',
      latest: { endless: [{ step: 'word', because: 'waits for ever', until: { kind: 'operator' } }] },
    });
  });

  it('waits for the lease of a call that may still be made', () => {
    const calling = saga('calling', { version: 1, input })
      .call('book', () => {}, { compensate: () => {}, retry: bounded, undoRetry: bounded, timeout: '10s' })
      .build();
    // The lease is five seconds longer than the timeout: 15 + 1 + 15 in each direction.
    expect(explain(calling, { fail: { book: 'timeout' } }).worstMs).toBe(62_000);
  });

  it('plays branches done before and after one fails, and takes the longest', () => {
    const slow = { ...reserve, undoRetry: { attempts: 1 } } as const;
    const fork = saga('fork', { version: 1, input })
      .parallel((branches) =>
        branches
          .invoke('a', stock.reserve, { ...slow, timeout: '5s' })
          .invoke('b', stock.reserve, { ...slow, timeout: '20s' })
          .invoke('c', bank.authorize, {
            ...slow,
            compensate: { command: bank.void, with: () => ({}) },
            timeout: '20s',
          }),
      )
      .build();
    // a gives up after 5 + 1 + 5; then b is still under way and undone with a, 20, and c was done and is undone after them, 20.
    expect(explain(fork, { fail: { a: 'timeout' } }).worstMs).toBe(11_000 + 20_000 + 20_000);
  });
});

describe('a scenario that cannot be', () => {
  it.each([
    [{ fail: { nowhere: 'declined' } }, 'fail.nowhere'],
    [{ fail: { createOrder: 'timeout' } }, 'fail.createOrder'],
    [{ fail: { settle: 'timeout' } }, 'fail.settle'],
    [{ fail: { approval: 'declined' } }, 'fail.approval'],
    [{ failUndo: { capture: 'declined' } }, 'failUndo.capture'],
    [{ skip: ['createOrder'] }, 'skip'],
  ] as const)('is refused by its field: %j', (scenario, field) => {
    expect(() => explain(everyKind, scenario)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', fields: expect.objectContaining({ field }) }),
    );
  });

  it('is refused where a policy asks at once again and again', () => {
    const frantic = saga('frantic', { version: 1, input, timeout: '1m' })
      .local('a', () => {}, { compensate: 'nothing to undo', retry: { attempts: 'forever', backoff: '0ms' } })
      .build();
    expect(() => explain(frantic, { fail: { a: 'unknown' } })).toThrow(
      expect.objectContaining({ code: 'RESULT_TIMEOUT' }),
    );
  });
});

describe('an explanation in words', () => {
  it('lists what is begun with its time, then what is undone, what stays, and the worst case', () => {
    expect(
      explainText(explain(everyKind, { fail: { authorizePayment: 'timeout' } }))
        .split('\n')
        .slice(0, 13),
    ).toEqual([
      'every-kind version 3, authorizePayment: timeout',
      '',
      'answered at once:',
      '  +0s   do    createOrder       local',
      '  +0s   do    reserveStock      stock.reserve',
      '  +0s   do    authorizePayment  bank.authorize, 3 times',
      '  +0s   do    note              mail.send',
      '  +33s  undo  authorizePayment  bank.void',
      '  +33s  undo  reserveStock      stock.release',
      '  +33s  undo  createOrder       local',
      '  compensated (STEP_TIMED_OUT) after 33s',
      '  undone: authorizePayment, reserveStock, createOrder',
      '  stays, nothing to undo: note',
    ]);
  });

  it('says what has no end, and what bounds it', () => {
    const text = explainText(explain(everyKind, { fail: { capture: 'timeout' } }));
    expect(text).toContain('at the latest: unbounded');
    expect(text).toContain(
      '  no end:\n    capture is retried for ever, parked when its participant may have forgotten it, after 90d',
    );
  });
});
