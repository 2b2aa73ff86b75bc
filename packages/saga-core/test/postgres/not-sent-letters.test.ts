import type { FailedRow } from '@backstitch/outbox';
import { describe, expect, it } from 'vitest';
import { notSentLetters } from '../../src/postgres/not-sent-letters.js';

function failed(given: Partial<FailedRow> = {}): FailedRow {
  return {
    id: 'row-1',
    topic: 'inventory.commands',
    key: 's-1',
    aggregateType: 'saga-command',
    aggregateId: 's-1/reserve/2/undo',
    eventType: 'release',
    retryCount: 3,
    inDoubt: false,
    lastError: 'RECORD_TOO_LARGE: 2 MiB: too large\nfor this topic',
    ...given,
  };
}

describe('a command that the broker refused for good', () => {
  it("is told to its instance with the broker's code and words", () => {
    const input = {
      kind: 'notSent',
      step: 'reserve',
      round: 2,
      direction: 'undo',
      code: 'RECORD_TOO_LARGE',
      message: '2 MiB: too large\nfor this topic',
    };
    expect(notSentLetters([failed()])).toEqual([{ id: 'not-sent/row-1', sagaId: 's-1', input }]);
  });

  it('has a code of ours where the broker gave none', () => {
    const [letter] = notSentLetters([failed({ lastError: 'it would not' })]);
    expect(letter?.input).toMatchObject({ code: 'STEP_NOT_SENT', message: 'it would not' });
  });

  it.each([
    ['an earlier send of it may have arrived', { inDoubt: true }],
    ['it is a domain event', { aggregateType: 'order' }],
    ['its id is no command id', { aggregateId: 's-1/reserve' }],
  ])('is not told where %s', (_why, given) => {
    expect(notSentLetters([failed(given)])).toEqual([]);
  });
});
