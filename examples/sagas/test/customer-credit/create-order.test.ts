import { declined, explore, testSaga } from '@backstitch/saga-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { customers } from '../../src/customer-credit/contracts.js';
import { createOrder } from '../../src/customer-credit/create-order.js';

// The exploring takes a second, more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const input = { orderId: 'o1', customerId: 'ada', totalMinor: 6_000 };
const order = testSaga(createOrder).given(input).local('createOrder', undefined).local('approveOrder', undefined);

describe('an order', () => {
  it('is pending, then its credit is reserved, then it is approved', async () => {
    const run = await order.run();
    expect(run.trace).toEqual(['+createOrder', '+reserveCredit', '+approveOrder']);
    expect(run.sent).toMatchObject([{ payload: { orderId: 'o1', customerId: 'ada', amountMinor: 6_000 } }]);
  });

  it.each([
    declined(customers.reserveCredit, 'CUSTOMER_UNKNOWN', { customerId: 'ada' }),
    declined(customers.reserveCredit, 'CREDIT_LIMIT_EXCEEDED', { availableMinor: 4_000 }),
  ])('is rejected for the reason that the customers gave: $code', async (refusal) => {
    const reasons: string[] = [];
    const run = await order
      .local('createOrder', undefined, ({ failure }) => void reasons.push(failure.code))
      .when(customers.reserveCredit, refusal)
      .run();
    expect(run.trace).toEqual(['+createOrder', `!reserveCredit:${refusal.code}`, '-createOrder']);
    expect(reasons).toEqual([refusal.code]);
  });

  it('is rejected when nobody answers, and a reservation that was made all the same is released', async () => {
    const run = await order.when(customers.reserveCredit, { reply: undefined, replyLost: true }).run();
    expect(run).toMatchObject({ status: 'compensated', failure: { code: 'STEP_TIMED_OUT' } });
    expect(run.undone).toEqual(['reserveCredit', 'createOrder']);
  });

  it('that is cancelled before it is approved gives the credit back', async () => {
    const slow = order.when(customers.reserveCredit, { reply: undefined, replyDelay: '5s' });
    const run = await slow.at('1s', { kind: 'cancel' }).run();
    expect(run).toMatchObject({ status: 'compensated', undone: ['reserveCredit', 'createOrder'] });
  });
});

it('whatever happens, credit is reserved for approved orders only', () => {
  const { violations } = explore(createOrder, {
    input,
    maxFaults: 2,
    invariants: [
      {
        name: 'credit stays reserved only for an order that is approved',
        check: ({ status, effects }) => {
          const { done, undone } = effects('reserveCredit');
          if (status === 'completed') return done === 1 && undone === 0;
          return status !== 'compensated' || done === undone;
        },
      },
    ],
  });
  expect(violations).toEqual([]);
});
