import { expect, it } from 'vitest';
import { sendOutcomes } from '../../src/relay/send-outcomes.js';
import { claimedRow } from './claimed-row.js';

it('reads the transport’s answers row by row, and takes a missing one for an unknown fate', () => {
  const rows = [claimedRow(), claimedRow(), claimedRow(), claimedRow()];
  const outcomes = sendOutcomes(rows, [
    { kind: 'sent' },
    { kind: 'refused', code: 'UNKNOWN_TOPIC', message: 'no' },
    { kind: 'held' },
  ]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual([
    { kind: 'sent' },
    { kind: 'refused', code: 'UNKNOWN_TOPIC', message: 'no' },
    { kind: 'released' },
    { kind: 'unknown' },
  ]);
  expect(outcomes.map(({ row }) => row)).toEqual(rows);
});
