/**
 * Mistakes in a user's test that the compiler must refuse. Nothing here runs: `tsc -p tsconfig.tests.json` fails where an expected error
 * does not come.
 */
import { declined, testSaga } from '../../src/testing/index.js';
import { inventory, payment, placeOrder } from './place-order.js';

export function mistakes(): void {
  const test = testSaga(placeOrder);
  // 1. a reply of the wrong shape
  // @ts-expect-error authId is missing
  test.when(payment.authorize, { reply: { auth: 1 } });
  // 2. a reply of the wrong shape from a function
  // @ts-expect-error authId must be string
  test.when(payment.authorize, () => ({ reply: { authId: 1 } }));
  // 3. a payload field that the command does not carry
  // @ts-expect-error Property 'orderID' does not exist
  test.when(payment.authorize, ({ orderID }) => ({ reply: { authId: `${orderID}` } }));
  // 4. an unknown step
  // @ts-expect-error 'createOrdr' is no step
  test.local('createOrdr', { orderId: 'x' });
  // 5. an output of the wrong shape
  // @ts-expect-error orderId must be string
  test.local('createOrder', { orderId: 1 });
  // 6. an undo that reads what the output lacks
  // @ts-expect-error Property 'id' does not exist
  test.local('createOrder', { orderId: 'o' }, ({ output }) => void output.id);
  // 7. an undeclared refusal
  // @ts-expect-error 'NO' is not declared
  declined(payment.authorize, 'NO', { reason: 'x' });
  // 8. a refusal's detail of the wrong shape
  // @ts-expect-error reason must be string
  declined(payment.authorize, 'DECLINED', { reason: 1 });
  // 9. a refusal of another command
  // @ts-expect-error reserve does not decline with 'DECLINED'
  test.when(inventory.reserve, declined(payment.authorize, 'DECLINED', { reason: 'x' }));
  // 10. an input of the wrong shape
  // @ts-expect-error total must be number
  test.given({ total: '1', skus: [] });
  // 11. a time that is no duration
  // @ts-expect-error '5 minutes' is not a Duration
  test.at('5 minutes', { kind: 'cancel' });
  // 12. a verb that does not exist
  // @ts-expect-error 'abort' is no verb
  test.at('5m', { kind: 'abort' });
}

export async function rightUses(): Promise<void> {
  const run = await testSaga(placeOrder).run();
  run.output?.receipt satisfies string | undefined;
  run.steps.reserveStock?.reservationId satisfies string | undefined;
  // @ts-expect-error a step that may not have run has an output that may be missing
  run.steps.createOrder.orderId;
}
