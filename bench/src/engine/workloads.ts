import { contract, jsonSchema } from '@backstitch/messaging';
import { sagaOn } from '@backstitch/saga-core';
import type pg from 'pg';

/** What `docs/performance.md` and its peers' programs use: three steps, an input of about 330 bytes, results of about 120. */
interface OrderInput {
  readonly orderId: string;
  readonly note: string;
}
interface StepResult {
  readonly reference: string;
  readonly detail: string;
}

export const workloadNames = ['call', 'local', 'remote', 'list'] as const;
export type WorkloadName = (typeof workloadNames)[number];

/** For transactions of a pg.Pool. */
const saga = sagaOn<pg.PoolClient>();

const input = jsonSchema<OrderInput>({
  type: 'object',
  properties: { orderId: { type: 'string' }, note: { type: 'string' } },
  required: ['orderId', 'note'],
});
const reply = jsonSchema<StepResult>({
  type: 'object',
  properties: { reference: { type: 'string' }, detail: { type: 'string' } },
  required: ['reference', 'detail'],
});

export const warehouse = contract('warehouse', { step: { request: input, reply }, undo: { request: input } });

export function orderInput(orderId: string): OrderInput {
  return { orderId, note: 'n'.repeat(270) };
}

export function stepResult(reference: string): StepResult {
  return { reference, detail: 'd'.repeat(60) };
}

const noUndo = { compensate: 'nothing to undo' } as const;
const answer = ({ sagaId }: { readonly sagaId: string }): StepResult => stepResult(sagaId);

const callSaga = saga('bench-call', { version: 1, input })
  .call('one', async (context) => answer(context), noUndo)
  .call('two', async (context) => answer(context), noUndo)
  .call('three', async (context) => answer(context), noUndo)
  .output(({ steps }) => ({ reference: steps.three.reference }));

const localSaga = saga('bench-local', { version: 1, input })
  .local('one', answer, noUndo)
  .local('two', answer, noUndo)
  .local('three', answer, noUndo)
  .output(({ steps }) => ({ reference: steps.three.reference }));

const invoked = {
  with: ({ input: order }: { readonly input: OrderInput }): OrderInput => order,
  compensate: { command: warehouse.undo, with: ({ sent }: { readonly sent: OrderInput }): OrderInput => sent },
  // A patience that no round exhausts: a command that is sent twice would be measured as one.
  timeout: '5m',
} as const;

const remoteSaga = saga('bench-remote', { version: 1, input })
  .invoke('one', warehouse.step, invoked)
  .invoke('two', warehouse.step, invoked)
  .invoke('three', warehouse.step, invoked)
  .output(({ steps }) => ({ reference: steps.three.reference }));

/** One saga with a long list: what an instance costs as it grows. */
const listSaga = saga('bench-list', { version: 1, input })
  .invokeEach('items', warehouse.step, {
    ...invoked,
    over: ({ input: order }): readonly OrderInput[] =>
      Array.from({ length: Number(order.orderId.split('/')[1] ?? '1') }, (_, index) => ({
        orderId: String(index),
        note: 'item',
      })),
  })
  .output(() => ({ reference: 'list' }));

/** The sagas that are measured, by name. Those of `call` and `local` steps need no broker. */
export const workloads = { call: callSaga, local: localSaga, remote: remoteSaga, list: listSaga } as const;
