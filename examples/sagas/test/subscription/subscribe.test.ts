import { declined, explore, testSaga } from '@backstitch/saga-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { chargePeriod } from '../../src/subscription/charge-period.js';
import { access, billing } from '../../src/subscription/contracts.js';
import { subscribe } from '../../src/subscription/subscribe.js';

// The exploring takes a second, more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

// An operator who skips the charge makes a present of it: that is for him to say, and would be believed.
const verbs = ['cancel', 'pause', 'resume', 'retry'] as const;
const input = { subscriptionId: 's1', customer: 'ada', amountMinor: 900 };
const period = testSaga(chargePeriod)
  .given({ ...input, period: 1 })
  .when(billing.issueInvoice, { reply: { invoiceId: 'i1' } })
  .when(billing.charge, { reply: { chargeId: 'c1' } });
const trial = testSaga(subscribe)
  .given(input)
  .local('openTrial', undefined)
  .child('firstPeriod', { output: { invoiceId: 'i1', chargeId: 'c1' } })
  .local('activate', undefined);
const days = 24 * 60 * 60 * 1_000;

describe('a period', () => {
  it('has an invoice and a payment', async () => {
    expect((await period.run()).output).toEqual({ invoiceId: 'i1', chargeId: 'c1' });
  });

  it('whose card is refused has an invoice that is void', async () => {
    const run = await period.when(billing.charge, declined(billing.charge, 'CARD_REFUSED', { reason: 'limit' })).run();
    expect(run.trace).toEqual(['+issueInvoice', '!charge:CARD_REFUSED', '-issueInvoice']);
  });

  it('whose payment nobody answers is refunded where it was made all the same', async () => {
    const run = await period.when(billing.charge, { reply: { chargeId: 'c1' }, replyLost: true }).run();
    expect(run.undone).toEqual(['charge', 'issueInvoice']);
  });
});

describe('a subscription', () => {
  it('is active after thirty days, when its first month is paid', async () => {
    const run = await trial.run();
    expect(run.trace).toEqual(['+openTrial', '+grantAccess', '+trial', '+firstPeriod', '+activate']);
    expect(run.children).toMatchObject([{ input: { ...input, period: 1 } }]);
    expect(run).toMatchObject({ output: { invoiceId: 'i1' }, clockMs: 30 * days });
  });

  it('whose first month cannot be paid loses access, for the reason of the child', async () => {
    const run = await trial.child('firstPeriod', { compensated: { code: 'CARD_REFUSED' } }).run();
    expect(run.failure).toMatchObject({ step: 'firstPeriod', code: 'CARD_REFUSED' });
    expect(run.trace.slice(3)).toEqual(['!firstPeriod:CARD_REFUSED', '-grantAccess', '-openTrial']);
  });

  it('that is cancelled during its trial loses access, and no period of it is ever begun', async () => {
    const run = await trial.at('29d', { kind: 'cancel', actor: 'ada', reason: 'not for me' }).run();
    expect(run.trace).toEqual([
      '+openTrial',
      '+grantAccess',
      'cancel:SAGA_CANCELLED',
      '~trial:notRun',
      '-grantAccess',
      '-openTrial',
    ]);
  });

  it('whose access cannot be granted is closed', async () => {
    const run = await trial.when(access.grant, { fail: { message: 'down' } }).run();
    expect(run).toMatchObject({ status: 'compensated', undone: ['grantAccess', 'openTrial'] });
    expect(run.clockMs).toBeLessThan(60_000);
  });
});

it('whatever happens to a period, who is not charged owes nothing, and who owes nothing is not charged', () => {
  const { violations } = explore(chargePeriod, {
    input: { ...input, period: 1 },
    outputs: { issueInvoice: { invoiceId: 'i1' }, charge: { chargeId: 'c1' } },
    maxFaults: 2,
    verbs,
    invariants: [
      {
        name: 'at the end there is an invoice if and only if there is a charge',
        check: ({ status, effects }) => {
          const stands = (step: 'issueInvoice' | 'charge') => effects(step).done - effects(step).undone;
          return (status !== 'completed' && status !== 'compensated') || stands('issueInvoice') === stands('charge');
        },
      },
    ],
  });
  expect(violations).toEqual([]);
});

it('whatever happens to a subscription, nobody has access and has not paid when it is over', () => {
  const { violations, terminal } = explore(subscribe, {
    input,
    outputs: { firstPeriod: { invoiceId: 'i1', chargeId: 'c1' } },
    declines: { firstPeriod: { code: 'CARD_REFUSED' } },
    maxFaults: 2,
    verbs,
    invariants: [
      {
        name: 'at the end there is access if and only if the first month is paid',
        check: ({ status, effects }) => {
          const stands = (step: 'grantAccess' | 'firstPeriod') => effects(step).done - effects(step).undone;
          return (
            (status !== 'completed' && status !== 'compensated') || stands('grantAccess') === stands('firstPeriod')
          );
        },
      },
    ],
  });
  expect(violations).toEqual([]);
  expect(terminal.completed).toBeGreaterThan(0);
});
