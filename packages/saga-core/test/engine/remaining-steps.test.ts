import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import { remainingSteps } from '../../src/engine/remaining-steps.js';
import type { InstanceState } from '../../src/machine/instance.js';
import { everyKind, stock } from '../operations/order-saga.js';

const remaining = (state: InstanceState) =>
  remainingSteps(everyKind, { state, bodies: {} }).map(
    ({ step, direction, status }) => `${direction} ${step} ${status}`,
  );
const done = (...steps: readonly string[]) =>
  Object.fromEntries(steps.map((step) => [step, { status: 'succeeded', round: 1 } as const]));

describe('what remains of an instance', () => {
  it('is every step that is not past, in order, while it goes forward', () => {
    const state: InstanceState = {
      status: 'running',
      steps: {
        ...done('createOrder', 'reserveStock', 'note', 'approval', 'book', 'settle'),
        authorizePayment: { status: 'skipped', round: 1 },
        capture: { status: 'dispatched', round: 1 },
      },
    };
    expect(remaining(state)).toEqual(['do capture dispatched', 'do thank pending']);
    const parked = { from: 'running', step: 'capture', code: 'X', message: 'x', at: 1 } as const;
    expect(remaining({ ...state, status: 'parked', parked })).toEqual(remaining(state));
  });

  it('is what has to be undone while it goes back: what is under way, then backwards, without what has nothing to undo', () => {
    const state: InstanceState = {
      status: 'compensating',
      steps: {
        ...done('createOrder', 'reserveStock', 'authorizePayment', 'note', 'approval', 'settle'),
        book: { status: 'compensating', round: 1 },
        capture: { status: 'declined', round: 1 },
      },
    };
    expect(remaining(state)).toEqual([
      ...['undo book compensating', 'undo reserveStock succeeded', 'undo authorizePayment succeeded'],
      'undo createOrder succeeded',
    ]);
  });

  it('is the items of a fan-out, once they are known', () => {
    const definition = sagaOn<never>()('many', { version: 1, input: z.looseObject({}) })
      .invokeEach('reserve', stock.reserve, {
        over: () => ['a', 'b'],
        with: () => ({}),
        compensate: { command: stock.release, with: () => ({}) },
      })
      .build();
    const state: InstanceState = {
      status: 'running',
      steps: { ...done('reserve[0]'), reserve: { status: 'dispatched', round: 1 } },
    };
    const of = (at: InstanceState, bodies = {}) =>
      remainingSteps(definition, { state: at, bodies }).map(({ step, direction }) => `${direction} ${step}`);
    expect(of({ status: 'running', steps: {} })).toEqual(['do reserve']);
    expect(of(state, { reserve: { items: ['a', 'b'] } })).toEqual(['do reserve[1]']);
    expect(of({ ...state, status: 'compensating' }, { reserve: { items: ['a', 'b'] } })).toEqual(['undo reserve[0]']);
  });

  it('is nothing once it is over', () => {
    expect(remaining({ status: 'completed', steps: {} })).toEqual([]);
    expect(remaining({ status: 'compensated', steps: done('createOrder') })).toEqual([]);
  });
});
