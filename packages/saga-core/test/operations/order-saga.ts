import { contract } from '@backstitch/messaging';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';

const request = z.looseObject({});
const reply = z.looseObject({});
export const stock = contract('stock', {
  reserve: { request, reply, errors: { OUT_OF_STOCK: request } },
  release: { request },
});
export const bank = contract('bank', {
  authorize: { request, reply, errors: { REFUSED: request } },
  void: { request },
  capture: { request, reply, errors: { EXPIRED: request } },
});
export const mail = contract('mail', { send: { request } });

const retry = { attempts: 3, backoff: '1s' } as const;

/** Every kind of step: local, parallel, wait, call, sleep, pivot, `when`, and one with nothing to undo. */
export const everyKind = sagaOn<never>()('every-kind', { version: 3, input: z.looseObject({}) })
  .local('createOrder', () => ({ id: 'o1' }), { compensate: () => {}, retry })
  .parallel((branches) =>
    branches
      .invoke('reserveStock', stock.reserve, {
        with: () => ({}),
        compensate: { command: stock.release, with: () => ({}) },
        retry,
        timeout: '10s',
      })
      .invoke('authorizePayment', bank.authorize, {
        with: () => ({}),
        compensate: { command: bank.void, with: () => ({}) },
        retry,
        timeout: '10s',
      })
      .invoke('note', mail.send, { with: () => ({}), compensate: 'nothing to undo', retry, timeout: '5s' }),
  )
  .waitFor('approval', z.object({ by: z.string() }), { timeout: '2d' })
  .call('book', () => ({ reference: 'b1' }), { compensate: () => {}, retry, when: () => true })
  .sleep('settle', '1h')
  .pivot('capture', bank.capture, { with: () => ({}), timeout: '30s' })
  .invoke('thank', mail.send, { with: () => ({}), when: () => true })
  .build();
