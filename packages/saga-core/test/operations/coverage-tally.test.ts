import { afterEach, describe, expect, it } from 'vitest';
import { coverageSink, setCoverageSink } from '../../src/operations/coverage-sink.js';
import { mergeTallies, type SagaTally, tallyOf } from '../../src/operations/coverage-tally.js';
import { testSaga } from '../../src/testing/index.js';
import { inventory, payment, placeOrder } from '../testing/place-order.js';

const order = testSaga(placeOrder)
  .given({ total: 1, skus: ['tea'] })
  .local('createOrder', { orderId: 'o1' })
  .local('confirmOrder', undefined)
  .when(inventory.reserve, { reply: { reservationId: 'r1' } })
  .when(payment.authorize, { reply: { authId: 'a1' } })
  .when(payment.capture, { reply: { receipt: 'r1' } });

const runsOf = (tally: SagaTally | undefined, step: string, outcome: string): number | undefined =>
  tally?.edges.find((edge) => edge.step === step && edge.outcome === outcome)?.runs;

describe('tallies of coverage', () => {
  it('add up a definition edge by edge, whoever counted, through JSON', async () => {
    const { journal } = await order.run();
    const silent = await order.when(payment.authorize, { drop: true }).run();
    const tallies = [journal, silent.journal, []].map((each) => tallyOf(placeOrder, each));
    const merged = mergeTallies(JSON.parse(JSON.stringify(tallies)) as SagaTally[]);
    expect(merged).toHaveLength(1);
    expect(runsOf(merged[0], 'createOrder', 'succeeded')).toBe(2);
    expect(runsOf(merged[0], 'authorizePayment', 'unknown')).toBe(1);
    expect(runsOf(merged[0], 'createOrder', 'after success')).toBe(1);
    expect(runsOf(merged[0], 'reserveStock', 'declined')).toBe(0);
  });

  it('keep definitions apart', () => {
    const next = { ...placeOrder, version: 2 };
    expect(mergeTallies([tallyOf(placeOrder, []), tallyOf(next, [])]).map(({ version }) => version)).toEqual([1, 2]);
  });
});

describe('the sink of coverage', () => {
  const before = coverageSink();
  afterEach(() => setCoverageSink(before));

  it('hears of every run of testSaga', async () => {
    const heard: string[] = [];
    setCoverageSink({ add: (definition, { journal }) => void heard.push(`${definition.name} ${journal.length > 0}`) });
    await order.run();
    expect(heard).toEqual(['place-order true']);
  });
});
