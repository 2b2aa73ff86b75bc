import { setMaxListeners } from 'node:events';
import { createOffsetLedger, type OffsetLedger } from './offset-ledger.js';

/** What a member holds from one rebalance to the next. */
export interface Assignment {
  readonly ledger: OffsetLedger;
  /** Aborted when the partitions are taken away, the member crashes or the subscription closes. */
  readonly leaving: AbortController;
}

export function createAssignment(): Assignment {
  const leaving = new AbortController();
  // Each batch that runs may listen, and more than ten are no leak here.
  setMaxListeners(0, leaving.signal);
  return { ledger: createOffsetLedger(), leaving };
}
