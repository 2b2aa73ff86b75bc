import { describeWithKafka } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FleetStage, fleetStage, patience } from './fleet-stage.js';

describeWithKafka('an orchestrator that is killed in the middle of its sagas', () => {
  let stage: FleetStage;
  beforeAll(async () => {
    stage = await fleetStage({ answerWithin: '30s' });
  });
  afterAll(() => stage?.close());

  it('finishes every order after it was started again', async () => {
    // Silence holds every saga at its second command; the answers come while nobody is there to read them.
    stage.fleet.tell('payments', 'silence');
    const wish = { customerId: 'ada', items: [{ sku: 'lamp', quantity: 1 }] };
    const orders = await Promise.all(Array.from({ length: 10 }, () => stage.shop.order(wish)));
    const reserved = () => stage.databases.inventory('reservations').count('* as count').first();
    await expect.poll(reserved, patience).toEqual({ count: '10' });
    await stage.fleet.kill('orders');
    stage.fleet.tell('payments', 'speak');
    await stage.fleet.start('orders');
    for (const orderId of orders) await stage.becomes(orderId, 'CONFIRMED');
    await stage.invariantsHold();
  });
});

describeWithKafka('a participant that is killed in the middle of its commands', () => {
  let stage: FleetStage;
  beforeAll(async () => {
    stage = await fleetStage({ answerWithin: '20s' });
  });
  afterAll(() => stage?.close());

  it('leaves no order unsettled and no effect done twice', async () => {
    const wish = { customerId: 'ada', items: [{ sku: 'lamp', quantity: 1 }] };
    const placing = Array.from({ length: 20 }, () => stage.shop.order(wish));
    // As soon as the first money is held: others are in its queue, and replies of its own wait to be sent.
    const held = async () => (await stage.databases.payments('payments').select('id')).length > 0;
    await expect.poll(held, { ...patience, interval: 5 }).toBe(true);
    await stage.fleet.kill('payments');
    await Promise.all(placing);
    await stage.fleet.start('payments');
    await stage.everyOrderSettles();
    await stage.invariantsHold();
  });
});
