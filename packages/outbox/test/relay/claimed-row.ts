import type { ClaimedRow } from '../../src/index.js';

let count = 0;

/** A claimed row of lane `t`/`k`; ids and places count up. */
export function claimedRow(given: Partial<ClaimedRow> = {}): ClaimedRow {
  count += 1;
  return {
    id: `row-${count}`,
    seq: count,
    epoch: 1,
    topic: 't',
    key: 'k',
    payload: '{}',
    headers: {},
    aggregateType: 'a',
    aggregateId: 'k',
    eventType: 'E',
    ordered: true,
    leaseEndsAtMs: 1_000,
    behind: null,
    ...given,
  };
}
