import { contract } from '@backstitch/messaging';
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory } from './contracts.js';

const ticket = z.object({ orderId: z.string() });
const cashier = contract('cashier', {
  charge: { request: ticket, errors: { REFUSED: z.object({ reason: z.string() }) } },
});
const printer = contract('printer', { print: { request: ticket } });

// #region saga
const order = z.object({ orderId: z.string(), sku: z.string(), quantity: z.number().int() });

export const sellTicket = saga('sell-ticket', { version: 1, input: order })
  .invoke('hold', inventory.reserve, {
    with: ({ input }) => input,
    compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
  })
  .pivot('takeMoney', cashier.charge, { with: ({ input }) => ({ orderId: input.orderId }) })
  .invoke('print', printer.print, { with: ({ input }) => ({ orderId: input.orderId }), retry: { attempts: 5 } })
  .build();
// #endregion saga

// #region test
import { declined, testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const sale = testSaga(sellTicket)
  .given({ orderId: 'o1', sku: 'seat-7', quantity: 1 })
  .when(inventory.reserve, { reply: { reservationId: 'r1' } });

test('refused money gives the seat back', async () => {
  const run = await sale.when(cashier.charge, declined(cashier.charge, 'REFUSED', { reason: 'no' })).run();
  expect(run.trace).toEqual(['+hold', '!takeMoney:REFUSED', '-hold']);
});

test('a silent cashier is asked again and again, and nothing is undone meanwhile', async () => {
  const slow = sale.when(cashier.charge, (_payload, attempt) => (attempt < 20 ? { drop: true } : { reply: undefined }));
  expect(await slow.run()).toMatchObject({ status: 'completed', undone: [] });
});

test('a printer that is broken stops the sale for a person, and the money stays where it is', async () => {
  const run = await sale.when(printer.print, { fail: { message: 'no paper' } }).run();
  expect(run).toMatchObject({ status: 'parked', parked: { step: 'print', code: 'STEP_FAILED' }, undone: [] });
});

test('who cancels before the money is taken is heard, and afterwards refused', async () => {
  const cancel = { kind: 'cancel', actor: 'ada', reason: 'she rang' } as const;
  const slow = sale.when(inventory.reserve, { reply: { reservationId: 'r1' }, replyDelay: '5s' });
  expect((await slow.at('1s', cancel).run()).status).toBe('compensated');
  const printing = sale.when(printer.print, { reply: undefined, replyDelay: '5s' });
  expect(await printing.at('1s', cancel).run()).toMatchObject({ status: 'completed', refused: [{ verb: 'cancel' }] });
});
// #endregion test
