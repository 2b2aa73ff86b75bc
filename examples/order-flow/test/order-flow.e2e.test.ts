import { describeWithKafka } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FleetStage, fleetStage, patience } from './fleet-stage.js';

describeWithKafka('five services, Postgres and Kafka', () => {
  let stage: FleetStage;
  beforeAll(async () => {
    stage = await fleetStage({ answerWithin: '2s' });
  });
  afterAll(() => stage?.close());

  const available = async (sku: string): Promise<number> => {
    const row = await stage.databases.inventory('stock').where({ sku }).first<{ available: number }>();
    return row.available;
  };

  it('confirm an order that can be reserved and paid', async () => {
    const orderId = await stage.shop.order({ customerId: 'ada', items: [{ sku: 'lamp', quantity: 2 }] });
    await stage.becomes(orderId, 'CONFIRMED');
    const response = await fetch(`${stage.fleet.urls().orders}/orders/${orderId}`);
    expect(await response.json()).toMatchObject({
      status: 'CONFIRMED',
      total: { amountMinor: 4_200, currency: 'EUR' },
    });
    await stage.invariantsHold();
  });

  it('release the stock when the payment is declined', async () => {
    const orderId = await stage.shop.order({ customerId: 'poor', items: [{ sku: 'globe', quantity: 1 }] });
    await stage.becomes(orderId, 'CANCELLED');
    expect(await available('globe')).toBe(1);
    await stage.invariantsHold();
  });

  it('cancel an order that is out of stock', async () => {
    const before = await available('lamp');
    const items = [
      { sku: 'globe', quantity: 2 },
      { sku: 'lamp', quantity: 1 },
    ];
    const orderId = await stage.shop.order({ customerId: 'ada', items });
    await stage.becomes(orderId, 'CANCELLED');
    expect(await available('lamp')).toBe(before);
    await stage.invariantsHold();
  });

  it('undo an order whose payment nobody answers for, and its late answer changes nothing', async () => {
    const balance = () => stage.databases.payments('accounts').where({ customer_id: 'ada' }).first('balance_minor');
    const before = await balance();
    stage.fleet.tell('payments', 'silence');
    const orderId = await stage.shop.order({ customerId: 'ada', items: [{ sku: 'lamp', quantity: 3 }] });
    await expect.poll(() => stage.sagaStatus(orderId), patience).toBe('compensating');
    stage.fleet.tell('payments', 'speak');
    await stage.becomes(orderId, 'CANCELLED');
    await stage.invariantsHold();
    const effects = await stage.databases.payments('effects').where('command_id', 'like', '%authorizePayment%');
    const voided = effects.filter(({ effect }) => effect === 'void').map(({ command_id }) => String(command_id));
    expect(voided).toHaveLength(1);
    const held = voided[0]?.replace(/undo$/, 'do');
    expect(effects.filter(({ command_id }) => command_id === held)).toHaveLength(1);
    expect(await balance()).toEqual(before);
    expect(await stage.sagaStatus(orderId)).toBe('compensated');
  });
});
