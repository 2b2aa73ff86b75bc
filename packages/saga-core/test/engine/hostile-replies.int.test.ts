import { testDatabase } from '@backstitch/devkit/testing';
import { decodeCommand, encodeReply, issueReplyToken, type CommandEnvelope } from '@backstitch/messaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OrderServices, openOrderServices, placeOrder } from './order-fixture.js';

let services: OrderServices;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  services = await openOrderServices(database.url);
});
afterAll(async () => {
  await services.close();
  await drop();
});

const topic = 'orders.replies.payment';
const discarded = async () => services.knex.withSchema('orders_saga').from('saga_discards').select('step', 'reason');
const quarantined = async () => services.knex.withSchema('orders_saga').from('saga_quarantine').select('reason');

/** A reply as whoever can read the command topic could write it. */
function reply(command: CommandEnvelope, change: Partial<Parameters<typeof encodeReply>[0]> = {}): string {
  const { data: _data, replyTopic: _topic, firstSentAt: _first, ...shared } = command;
  return encodeReply({
    ...shared,
    source: 'payment',
    outcome: 'succeeded',
    dataJson: '{"authId":"forged"}',
    ...change,
  });
}

describe('replies from outside', () => {
  it('change nothing where they are forged, misplaced, unreadable or about nobody; good ones behind them are handled', async () => {
    await Promise.all(services.participants.map((each) => each.close()));
    const handle = await services.engine.start(placeOrder, { input: { orderId: 'hostile', qty: 1, amount: 1 } });
    await services.broker.idle();
    const [sent] = services.broker.topics().get('inventory.commands') ?? [];
    const decoded = decodeCommand(sent?.value ?? null);
    if (decoded.kind !== 'ok') throw new Error(decoded.reason);
    const command = decoded.envelope;
    const other = '0190c3f0-0000-7000-8000-000000000000';
    const otherId = `${other}/reserveStock/1/do`;
    const keys = { current: { id: 'k1', secret: 'not the secret of this orchestrator' } };
    const forged = [
      'not json',
      '{"a":1}',
      '\u0000',
      reply(command, { replyToken: 'v1.k1.AAAA' }),
      reply(command, { replyToken: issueReplyToken(keys, command) }),
      reply(command, { sagaId: other, commandId: otherId }),
      reply(command, { installation: other }),
      reply(command),
    ];
    for (const value of forged) services.broker.write({ topic, key: handle.id, value });
    services.broker.write({ topic, key: null, value: null });
    await services.broker.idle();
    expect((await services.engine.find(handle.id))?.steps.reserveStock?.status).toBe('dispatched');
    // All are quarantined but the last: its token is the command's own, and only the topic betrays that another participant wrote it.
    expect(await quarantined()).toHaveLength(forged.length);
    expect(await discarded()).toContainEqual({ step: 'reserveStock', reason: 'wrong participant' });

    // On the right topic, with the command's own token, it is believed.
    services.broker.write({
      topic: 'orders.replies.inventory',
      key: handle.id,
      value: reply(command, { source: 'inventory', dataJson: '{"reservationId":"r"}' }),
    });
    await services.broker.idle();
    expect((await services.engine.find(handle.id))?.steps.reserveStock?.status).toBe('succeeded');
  });

  it('that break the contract park the instance and keep the body', async () => {
    const handle = await services.engine.start(placeOrder, { input: { orderId: 'broken', qty: 1, amount: 1 } });
    await services.broker.idle();
    const sent = services.broker
      .topics()
      .get('inventory.commands')
      ?.find((record) => record.key === handle.id);
    const decoded = decodeCommand(sent?.value ?? null);
    if (decoded.kind !== 'ok') throw new Error(decoded.reason);
    services.broker.write({
      topic: 'orders.replies.inventory',
      key: handle.id,
      value: reply(decoded.envelope, { source: 'inventory', dataJson: '{"reservation":7}' }),
    });
    await expect(handle.result({ timeout: '20s' })).rejects.toMatchObject({
      code: 'SAGA_PARKED',
      fields: { parked: { code: 'CONTRACT_BROKEN' } },
    });
    const [entry] = await services.knex
      .withSchema('orders_saga')
      .from('saga_journal')
      .where({ saga_id: handle.id })
      .orderBy('seq', 'desc')
      .select('entry');
    expect(JSON.parse(entry.entry).events[0]).toMatchObject({ kind: 'sagaParked', evidence: { reservation: 7 } });
  });
});
