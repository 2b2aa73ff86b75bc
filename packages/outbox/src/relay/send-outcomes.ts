import type { OutboundRecord, SendResult } from '@backstitch/messaging';
import type { ClaimedRow } from '../outbox-row.js';
import type { SendOutcome } from '../outbox-store.js';

/** A row and what became of it. */
export interface SentRow {
  readonly row: ClaimedRow;
  readonly outcome: SendOutcome;
}

export function outboundRecord({ topic, key, payload, headers }: ClaimedRow): OutboundRecord {
  return { topic, key, value: payload, headers };
}

/** What the transport's answers mean for the rows, in their order. */
export function sendOutcomes(rows: readonly ClaimedRow[], results: readonly SendResult[]): readonly SentRow[] {
  return rows.map((row, index) => ({ row, outcome: outcomeOf(results[index]) }));
}

function outcomeOf(result: SendResult | undefined): SendOutcome {
  // A transport that answers too little has said nothing of the rest.
  if (result === undefined) return { kind: 'unknown' };
  switch (result.kind) {
    case 'sent':
      return { kind: 'sent' };
    case 'refused':
      return { kind: 'refused', code: result.code, message: result.message };
    case 'held':
      return { kind: 'released' };
  }
}
