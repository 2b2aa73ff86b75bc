import { describe, expect, it } from 'vitest';
import { toText } from '../../src/operations/to-text.js';
import { everyKind } from './order-saga.js';
import { placeInstance } from './place-instance.js';

describe('a saga as text', () => {
  it('has a line a step, with what it does and how it is undone', () => {
    expect(toText(everyKind)).toBe(
      `
every-kind version 3
     createOrder       local                   undo: a function
  ┌  reserveStock      stock.reserve           undo: stock.release
  │  authorizePayment  bank.authorize          undo: bank.void
  └  note              mail.send               nothing to undo
     approval          wait 2d, or compensate
     book              call, if wanted         undo: a function
     settle            sleep 1h
     capture           bank.capture            PIVOT: no way back after it
     thank             mail.send, if wanted`.trimStart(),
    );
  });

  it('says of an instance what is done, under way and to come', () => {
    const text = toText(
      everyKind,
      placeInstance(everyKind, 'running', { createOrder: 'succeeded', reserveStock: 'dispatched', note: 'skipped' }),
    );
    const lines = text.split('\n');
    expect(lines[0]).toBe('every-kind version 3: running');
    expect(lines.map((line) => line.trim().split(/\s+/).at(-1))).toEqual([
      'running',
      ...['done', 'current', 'remaining', 'skipped', 'remaining', 'remaining', 'remaining', 'remaining', 'remaining'],
    ]);
  });

  it('says of one that goes back what is undone and what is not reached any more', () => {
    const text = toText(
      everyKind,
      placeInstance(everyKind, 'compensating', {
        createOrder: 'succeeded',
        reserveStock: 'compensating',
        authorizePayment: 'declined',
        note: 'unknown',
        book: 'compensated',
      }),
    );
    expect(text).toMatch(/◀ .*reserveStock .*undoing$/m);
    expect(text).toMatch(/✗ .*authorizePayment .*declined$/m);
    expect(text).toMatch(/↩ .*book .*undone$/m);
    expect(text).toMatch(/capture .*unreached$/m);
  });

  it('marks the step that a parked instance stands at, and goes on to count the rest as to come', () => {
    const placed = placeInstance(everyKind, 'parked', { createOrder: 'dispatched' });
    const parked = { from: 'running', step: 'createOrder', code: 'STEP_FAILED', message: 'm', at: 0 } as const;
    const text = toText(everyKind, { ...placed, state: { ...placed.state, parked, pausedAt: 1 } });
    expect(text).toContain('every-kind version 3: parked, paused');
    expect(text).toMatch(/! .*createOrder .*parked$/m);
    expect(text).toMatch(/capture .*remaining$/m);
  });

  it('takes what an engine answers about an instance too', () => {
    const view = { saga: 'every-kind', version: 3, status: 'running', paused: false } as const;
    expect(toText(everyKind, { ...view, steps: { createOrder: { status: 'succeeded', round: 1 } } })).toMatch(
      /✓ .*createOrder .*done$/m,
    );
  });

  it('refuses an instance of another version', () => {
    const other = { ...placeInstance(everyKind, 'running', {}), version: 2 };
    expect(() => toText(everyKind, other)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});
