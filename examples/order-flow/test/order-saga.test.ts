import { declined, testSaga } from '@backstitch/saga-core/testing';
import { expect, it } from 'vitest';
import { inventory } from '../src/contracts/inventory.js';
import { payments } from '../src/contracts/payments.js';
import { placeOrderSaga } from '../src/orders/order-saga.js';

const nothing = async () => undefined;
const placeOrder = placeOrderSaga({ create: nothing, confirm: nothing, cancel: nothing }, { answerWithin: '2s' });
const id = '6f1c2f9e-5d3b-4a57-9c3e-0d5a4f7b2c11';
const total = { amountMinor: 4200, currency: 'EUR' };
const order = { orderId: id, customerId: 'ada', items: [{ sku: 'lamp', quantity: 2, unitPriceMinor: 2100 }], total };
const shop = testSaga(placeOrder, { trx: null }).given(order);
const stocked = shop.when(inventory.reserve, { reply: { reservationId: id } });

it('confirms an order that can be reserved and paid', async () => {
  const { trace } = await stocked.when(payments.authorize, { reply: { paymentId: id } }).run();
  expect(trace.join(' ')).toBe('+createOrder +reserveInventory +authorizePayment +confirmOrder');
});
it('gives the stock back and cancels the order when the payment is declined', async () => {
  const no = declined(payments.authorize, 'PAYMENT_DECLINED', { reason: 'INSUFFICIENT_FUNDS' });
  const { trace } = await stocked.when(payments.authorize, no).run();
  expect(trace.slice(2).join(' ')).toBe('!authorizePayment:PAYMENT_DECLINED -reserveInventory -createOrder');
});
it('voids a payment that nobody answered for', async () => {
  const { trace } = await stocked.when(payments.authorize, { drop: true }).run();
  expect(trace.slice(3).join(' ')).toBe('-authorizePayment -reserveInventory -createOrder');
});
