import { setTimeout as delay } from 'node:timers/promises';
import { type KafkaServer, startKafka } from '@backstitch/devkit';
import { describeWithKafka } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FleetStage, fleetStage } from './fleet-stage.js';

const outageMs = 20_000;
const orderEveryMs = 1_000;

describeWithKafka('a broker that is gone for twenty seconds', () => {
  let broker: KafkaServer;
  let stage: FleetStage;
  beforeAll(async () => {
    const found = await startKafka({ crashFriendly: true, quiet: true });
    if (found.kind === 'none') throw new Error('there was a Kafka for the run, and there is none now');
    broker = found;
    // Three attempts of four seconds are over before the outage is: an unsent command that spent attempts would undo its order.
    stage = await fleetStage({ answerWithin: '4s', brokers: broker.brokers });
  });
  afterAll(async () => {
    await stage?.close();
    await broker?.stop();
  });

  it('costs no order: all that came in meanwhile are confirmed afterwards', async ({ skip }) => {
    const { crash, restart } = broker;
    if (crash === undefined || restart === undefined)
      return skip('the broker that KAFKA_BROKERS names is not ours to stop');
    await crash();
    const orders: string[] = [];
    for (let elapsedMs = 0; elapsedMs < outageMs; elapsedMs += orderEveryMs) {
      orders.push(await stage.shop.order({ customerId: 'ada', items: [{ sku: 'lamp', quantity: 1 }] }));
      await delay(orderEveryMs);
    }
    await restart();
    for (const orderId of orders) await stage.becomes(orderId, 'CONFIRMED');
    await stage.invariantsHold();
    const rows = await stage.databases
      .orders('backstitch.outbox_events')
      .where({ aggregate_type: 'saga-command' })
      .select('aggregate_id', 'status');
    // Two commands an order, each in one row however often it was sent.
    expect(rows).toHaveLength(orders.length * 2);
    expect(new Set(rows.map(({ aggregate_id }) => aggregate_id)).size).toBe(rows.length);
    expect(rows.every(({ status }) => status === 'SENT')).toBe(true);
  });
});
