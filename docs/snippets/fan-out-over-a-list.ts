// #region saga
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory } from './contracts.js';

const basket = z.object({
  orderId: z.string(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.number().int() })),
});

export const reserveBasket = saga('reserve-basket', { version: 1, input: basket })
  .invokeEach('reserve', inventory.reserve, {
    over: ({ input }) => input.lines,
    with: ({ item, index, input }) => ({ orderId: `${input.orderId}/${index}`, ...item }),
    compensate: { command: inventory.release, with: ({ sent }) => ({ orderId: sent.orderId }) },
    concurrency: 5,
  })
  .pivot('confirmOrder', async ({ trx, input, steps }) => {
    const reservations = steps.reserve.map(({ reservationId }) => reservationId); // in the order of the lines
    await trx('orders').insert({ id: input.orderId, reservations: JSON.stringify(reservations) });
  })
  .build();
// #endregion saga

// #region test
import { declined, testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';

const two = testSaga(reserveBasket)
  .given({
    orderId: 'o1',
    lines: [
      { sku: 'tea', quantity: 1 },
      { sku: 'cup', quantity: 2 },
    ],
  })
  .local('confirmOrder', undefined);

test('each line is reserved', async () => {
  const run = await two.when(inventory.reserve, ({ sku }) => ({ reply: { reservationId: `r-${sku}` } })).run();
  expect(run.steps.reserve).toEqual([{ reservationId: 'r-tea' }, { reservationId: 'r-cup' }]);
});

test('one line that is out of stock releases the others', async () => {
  const run = await two
    .when(inventory.reserve, ({ sku }) =>
      sku === 'cup' ? declined(inventory.reserve, 'OUT_OF_STOCK', { sku }) : { reply: { reservationId: 'r' } },
    )
    .run();
  expect(run.failure).toMatchObject({ step: 'reserve[1]', code: 'OUT_OF_STOCK' });
  expect(run.sent.filter(({ direction }) => direction === 'undo').map(({ step }) => step)).toEqual(['reserve[0]']);
});
// #endregion test
