import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessService, createAccessTables } from '../../src/subscription/access.js';
import { billingService, createBillingTables } from '../../src/subscription/billing.js';
import { chargePeriod } from '../../src/subscription/charge-period.js';
import { subscribe } from '../../src/subscription/subscribe.js';
import { createSubscriptionTables } from '../../src/subscription/subscriptions.js';
import { openStage, type Stage } from '../stage.js';

const day = 24 * 60 * 60 * 1_000;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({
    orchestrator: 'subscriptions',
    sagas: [subscribe, chargePeriod],
    createTables: createSubscriptionTables,
    services: [
      { participant: billingService, createTables: createBillingTables },
      { participant: accessService, createTables: createAccessTables },
    ],
  });
  await stage
    .database('billing')('cards')
    .insert([
      { customer: 'ada', left_minor: 10_000 },
      { customer: 'bob', left_minor: 10 },
    ]);
});
afterAll(() => stage.close());

const start = (subscriptionId: string, customer: string) =>
  stage.engine.start(subscribe, { input: { subscriptionId, customer, amountMinor: 900 } });
const sleeps = async (id: string) =>
  expect.poll(async () => (await stage.engine.find(id))?.steps.trial?.status, { timeout: 20_000 }).toBe('dispatched');
/** What of a subscription stands in the three systems. */
const standing = async (id: string) => ({
  subscription: await stage.database()('subscriptions').where({ id }).first('status', 'reason'),
  grants: (await stage.database('access')('grants').where({ subscription_id: id })).length,
  invoices: await stage.database('billing')('invoices').where({ subscription_id: id }).pluck('status'),
  charges: (await stage.database('billing')('charges').where({ subscription_id: id, refunded: false })).length,
});

describe('a subscription on real databases', () => {
  it('is for nothing for thirty days, and then charged once', async () => {
    const handle = await start('s1', 'ada');
    await sleeps(handle.id);
    await stage.pass(30 * day - 60_000);
    await stage.engine.wakeDue();
    expect(await standing('s1')).toMatchObject({
      subscription: { status: 'TRIAL' },
      grants: 1,
      invoices: [],
      charges: 0,
    });
    await stage.pass(60_000);
    await handle.result({ timeout: '30s' });
    expect(await standing('s1')).toMatchObject({
      subscription: { status: 'ACTIVE' },
      grants: 1,
      invoices: ['PAID'],
      charges: 1,
    });
  });

  it('that cannot be paid is closed, its invoice void and its access revoked', async () => {
    const handle = await start('s2', 'bob');
    await sleeps(handle.id);
    await stage.pass(30 * day);
    await expect(handle.result({ timeout: '30s' })).rejects.toMatchObject({
      fields: { failure: { step: 'firstPeriod', code: 'CARD_REFUSED' } },
    });
    expect(await standing('s2')).toEqual({
      subscription: { status: 'CLOSED', reason: 'CARD_REFUSED' },
      grants: 0,
      invoices: ['VOID'],
      charges: 0,
    });
  });

  it('that is cancelled during its trial is never charged', async () => {
    const handle = await start('s3', 'ada');
    await sleeps(handle.id);
    await stage.engine.cancel(handle.id, { actor: 'ada', reason: 'not for me' });
    await expect(handle.result({ timeout: '30s' })).rejects.toMatchObject({ code: 'SAGA_COMPENSATED' });
    expect(await standing('s3')).toEqual({
      subscription: { status: 'CLOSED', reason: 'SAGA_CANCELLED' },
      grants: 0,
      invoices: [],
      charges: 0,
    });
  });
});
