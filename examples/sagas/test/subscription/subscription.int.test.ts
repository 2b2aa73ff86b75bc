import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accessService, createAccessTables } from '../../src/subscription/access.js';
import { billingService, createBillingTables } from '../../src/subscription/billing.js';
import { subscribe } from '../../src/subscription/subscribe.js';
import { createSubscriptionTables } from '../../src/subscription/subscriptions.js';
import { openStage, type Stage } from '../stage.js';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage({
    orchestrator: 'subscriptions',
    sagas: [subscribe],
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
afterEach(async () => expect(await stage.engine.violations()).toEqual([]));
afterAll(() => stage.close());

const start = async (subscriptionId: string, customer: string) => {
  const { id } = await stage.engine.start(subscribe, { input: { subscriptionId, customer, amountMinor: 900 } });
  await stage.engine.settle();
  return id;
};
/** What of a subscription stands in the three systems. */
const standing = async (id: string) => ({
  subscription: await stage.database()('subscriptions').where({ id }).first('status', 'reason'),
  grants: (await stage.database('access')('grants').where({ subscription_id: id })).length,
  invoices: await stage.database('billing')('invoices').where({ subscription_id: id }).pluck('status'),
  charges: (await stage.database('billing')('charges').where({ subscription_id: id, refunded: false })).length,
});

describe('a subscription on real databases', () => {
  it('is for nothing for thirty days, and then charged once', async () => {
    const id = await start('s1', 'ada');
    await stage.engine.advance('29d');
    expect(await standing('s1')).toEqual({
      subscription: { status: 'TRIAL', reason: null },
      grants: 1,
      invoices: [],
      charges: 0,
    });
    await stage.engine.advance('1d');
    expect(await stage.engine.find(id)).toMatchObject({ status: 'completed' });
    expect(await standing('s1')).toEqual({
      subscription: { status: 'ACTIVE', reason: null },
      grants: 1,
      invoices: ['PAID'],
      charges: 1,
    });
  });

  it('that cannot be paid is closed, its invoice void and its access revoked', async () => {
    const id = await start('s2', 'bob');
    await stage.engine.advance('30d');
    expect((await stage.engine.find(id))?.failure).toMatchObject({ step: 'firstPeriod', code: 'CARD_REFUSED' });
    expect(await standing('s2')).toEqual({
      subscription: { status: 'CLOSED', reason: 'CARD_REFUSED' },
      grants: 0,
      invoices: ['VOID'],
      charges: 0,
    });
  });

  it('that is cancelled during its trial is never charged', async () => {
    const id = await start('s3', 'ada');
    await stage.engine.advance('29d');
    await stage.engine.cancel(id, { actor: 'ada', reason: 'not for me' });
    await stage.engine.advance('30d');
    expect(await standing('s3')).toEqual({
      subscription: { status: 'CLOSED', reason: 'SAGA_CANCELLED' },
      grants: 0,
      invoices: [],
      charges: 0,
    });
  });

  it('is charged once though billing is killed before the trial ends, and comes back after it', async () => {
    const id = await start('s4', 'ada');
    await stage.engine.advance('29d');
    stage.engine.participant('billing').crash();
    await stage.engine.advance('1d');
    await stage.engine.participant('billing').restart();
    await stage.engine.until(id, 'completed');
    expect(await standing('s4')).toMatchObject({ subscription: { status: 'ACTIVE' }, invoices: ['PAID'], charges: 1 });
  });
});
