import { testSaga } from '@backstitch/saga-core/testing';
import { expect, test } from 'vitest';
import { bank, payment } from './payment.js';

test('a payment is made', async () => {
  const script = testSaga(payment).given({ amount: 1 }).local('book', undefined);
  expect(await script.when(bank.charge, { reply: { receipt: 'r' } }).run()).toMatchObject({ status: 'completed' });
});
