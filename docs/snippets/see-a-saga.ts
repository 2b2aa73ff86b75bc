// #region draw
import { explain, explainText, type InstanceView, toMermaid, toSvg, toText } from '@backstitch/saga-core';
import { expect, test } from 'vitest';
import { placeOrder } from './place-order.js';

test('a saga is drawn', () => {
  expect(toText(placeOrder)).toContain('authorizePayment  payments.authorize  undo: payments.void');
  expect(toMermaid(placeOrder)).toContain('flowchart TD');
  expect(toSvg(placeOrder)).toContain('<svg');
});
// #endregion draw

// #region instance
export function draw(view: InstanceView): string {
  return toSvg(placeOrder, view);
}
// #endregion instance

// #region explain
test('a payment that nobody answers turns the order back within a minute', () => {
  const explanation = explain(placeOrder, { fail: { authorizePayment: 'timeout' } });
  expect(explanation.prompt).toMatchObject({ end: 'compensated', ms: 48_000 });
  expect(explanation.prompt.undone).toEqual(['authorizePayment', 'reserveInventory', 'createOrder']);
  expect(explanation.worstMs).toBe('unbounded');
  expect(explainText(explanation)).toContain('the undo of authorizePayment is retried for ever');
});
// #endregion explain
