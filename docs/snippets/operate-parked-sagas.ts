// #region list
import type { InstanceSummary } from '@backstitch/saga-core';
import { engine } from './start-in-your-transaction.js';

export async function parkedSagas(): Promise<readonly InstanceSummary[]> {
  const { instances } = await engine.instances.list({ status: 'parked' }, { order: 'oldest', limit: 100 });
  return instances; // parked.code and parked.message say why
}
// #endregion list

// #region look
export async function explain(id: string): Promise<string> {
  const view = await engine.find(id);
  if (view === undefined) return 'there is no such instance';
  const { status, parked, failure } = view;
  if (parked === undefined) return `${status}, ${failure?.code ?? 'nothing has failed'}`;
  return `parked while ${parked.from} at ${parked.step ?? 'no step'}: ${parked.code}: ${parked.message}`;
}
// #endregion look

// #region verbs
export async function tryAgain(id: string): Promise<void> {
  const { status } = await engine.retry(id, { actor: 'ada@example.org', reason: 'the topic exists now, INC-4711' });
  process.stdout.write(`${id} is ${status}\n`); // running or compensating; parked again where the cause is still there
}

export async function giveUp(id: string): Promise<void> {
  await engine.cancel(id, { actor: 'ada@example.org', reason: 'the customer withdrew, INC-4711' });
}
// #endregion verbs

// #region resolve
export async function settleByHand(id: string, paymentId: string): Promise<void> {
  const note = { actor: 'ada@example.org', reason: 'seen at the payment provider, INC-4711' };
  await engine.resolve(id, {
    ...note,
    step: 'authorizePayment',
    outcome: { kind: 'succeeded', output: { paymentId } },
  });
}
// #endregion resolve

// #region correct
export async function sendElsewhere(id: string, address: string): Promise<void> {
  const note = { actor: 'ada@example.org', reason: 'the customer has moved, INC-4711' };
  await engine.retry(id, { ...note, correction: { step: 'ship', data: { address } } });
}
// #endregion correct
