import { describe, expect, it } from 'vitest';
import { participantOn } from '../../src/participant/index.js';
import { testParticipant } from '../../src/testing/index.js';
import { inventory, payment } from './place-order.js';

interface Stock {
  readonly reserved: Set<string>;
}

const handlers = participantOn<Stock>()(inventory, {
  reserve: ({ trx, command: { payload, id }, decline }) => {
    if (payload.skus.length === 0) throw new Error('nothing to reserve');
    if (payload.skus.includes('gold')) return decline('OUT_OF_STOCK', { sku: 'gold' });
    trx.reserved.add(payload.orderId);
    return { reservationId: id };
  },
  release: ({ trx, command }) => void trx.reserved.delete(command.payload.orderId),
});

const open = async () => {
  const stock: Stock = { reserved: new Set() };
  return { stock, t: await testParticipant(handlers, { trx: stock }) };
};
const tea = { orderId: 'o1', skus: ['tea'] };

describe('a participant under test, in memory', () => {
  it('answers with what its handler returned', async () => {
    const { stock, t } = await open();
    const answer = await t.do(inventory.reserve, tea, { sagaId: 's1', step: 'hold' });
    expect(answer).toEqual({
      outcome: 'succeeded',
      reply: { reservationId: 's1/hold/1/do' },
      ...{ sagaId: 's1', step: 'hold', round: 1, ran: true, fence: 'succeeded' },
    });
    expect(stock.reserved).toEqual(new Set(['o1']));
  });

  it('answers a duplicate from what is stored, and takes each do for one of a saga of its own', async () => {
    const { t } = await open();
    const first = await t.do(inventory.reserve, tea);
    expect(await t.do(inventory.reserve, tea, first)).toEqual({ ...first, ran: false });
    expect(await t.do(inventory.reserve, tea)).toMatchObject({ ran: true, step: 'reserve' });
  });

  it('declines with the code and the detail of its contract', async () => {
    const { t } = await open();
    const answer = await t.do(inventory.reserve, { orderId: 'o1', skus: ['gold'] });
    expect(answer).toMatchObject({ outcome: 'declined', code: 'OUT_OF_STOCK', detail: { sku: 'gold' } });
    expect(await t.undo(inventory.release, { orderId: 'o1' }, answer)).toMatchObject({
      ...{ outcome: 'succeeded', ran: false },
    });
  });

  it('undoes what was done, once', async () => {
    const { stock, t } = await open();
    const done = await t.do(inventory.reserve, tea);
    expect(await t.undo(inventory.release, { orderId: 'o1' }, done)).toMatchObject({ ran: true, fence: 'undone' });
    expect(await t.undo(inventory.release, { orderId: 'o1' }, done)).toMatchObject({ ran: false, fence: 'undone' });
    expect(stock.reserved.size).toBe(0);
  });

  it('refuses a command that arrives after its undo', async () => {
    const { stock, t } = await open();
    const place = { sagaId: 's1', step: 'hold' };
    expect(await t.undo(inventory.release, { orderId: 'o1' }, place)).toMatchObject({ ran: false, fence: 'tombstone' });
    expect(await t.do(inventory.reserve, tea, place)).toMatchObject({ outcome: 'failed', code: 'FENCED', ran: false });
    expect(stock.reserved.size).toBe(0);
  });

  it('fails where its handler throws, and remembers nothing: the next attempt runs', async () => {
    const { t } = await open();
    const failed = await t.do(inventory.reserve, { orderId: 'o1', skus: [] });
    expect(failed).toMatchObject({ outcome: 'failed', message: 'nothing to reserve', ran: true, fence: 'fresh' });
    expect(await t.do(inventory.reserve, tea, failed)).toMatchObject({ outcome: 'succeeded', ran: true });
  });

  it('fails where a payload breaks its contract, and refuses a command of another', async () => {
    const { t } = await open();
    const broken = await t.do(inventory.reserve, { orderId: 1 } as never);
    expect(broken).toMatchObject({ outcome: 'failed', code: 'CONTRACT_BROKEN', ran: false });
    await expect(t.do(payment.authorize, { orderId: 'o1', amount: 1 })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
    await t.close();
  });

  it('hands commands that arrive together to a batch handler in one call, and copies from the fence', async () => {
    const stock: Stock = { reserved: new Set() };
    const sizes: number[] = [];
    const batched = participantOn<Stock>()(inventory, {
      reserve: {
        handleBatch({ trx, commands, decline }) {
          sizes.push(commands.length);
          if (commands.some(({ payload }) => payload.orderId === 'bug')) throw new Error('a bug');
          return commands.map(({ id, payload }) => {
            if (payload.skus.includes('gold')) return decline('OUT_OF_STOCK', { sku: 'gold' });
            trx.reserved.add(payload.orderId);
            return { reservationId: id };
          });
        },
      },
      release: {
        handleBatch: ({ trx, commands }) => {
          for (const { payload } of commands) trx.reserved.delete(payload.orderId);
        },
      },
    });
    const t = await testParticipant(batched, { trx: stock });
    const gold = { orderId: 'o2', skus: ['gold'] };
    const places = [{ sagaId: 's1' }, { sagaId: 's2' }, { sagaId: 's1' }];
    const answers = await t.doAll(inventory.reserve, [tea, gold, tea], places);
    expect(answers).toMatchObject([
      { outcome: 'succeeded', sagaId: 's1', ran: true, fence: 'succeeded' },
      { outcome: 'declined', code: 'OUT_OF_STOCK', sagaId: 's2', ran: true, fence: 'declined' },
      { outcome: 'succeeded', sagaId: 's1', fence: 'succeeded' },
    ]);
    expect(sizes).toEqual([2]);
    expect(await t.do(inventory.reserve, tea, { sagaId: 's1' })).toMatchObject({ outcome: 'succeeded', ran: false });
    const apart = await t.doAll(inventory.reserve, [
      { orderId: 'bug', skus: [] },
      { orderId: 'o3', skus: ['tea'] },
    ]);
    expect(apart).toMatchObject([{ outcome: 'failed', fence: 'fresh' }, { outcome: 'succeeded' }]);
    expect(sizes).toEqual([2, 2, 1, 1]);
    expect(await t.undo(inventory.release, { orderId: 'o1' }, { sagaId: 's1', step: 'reserve' })).toMatchObject({
      ran: true,
      fence: 'undone',
    });
    expect(stock.reserved).toEqual(new Set(['o3']));
  });

  it('hands commands that arrive together to an ordinary handler one by one', async () => {
    const { stock, t } = await open();
    const orders = ['o1', 'o2'].map((orderId) => ({ orderId, skus: ['tea'] }));
    expect(await t.doAll(inventory.reserve, orders)).toMatchObject([{ ran: true }, { ran: true }]);
    expect(stock.reserved).toEqual(new Set(['o1', 'o2']));
  });
});
