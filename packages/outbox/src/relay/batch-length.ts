import type { ClaimedRow } from '../outbox-row.js';

export interface BatchLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** How many of the first rows fit into one batch: at least one where there is any, or a large row would never be sent. */
export function batchLength(rows: readonly ClaimedRow[], { maxRows, maxBytes }: BatchLimits): number {
  let bytes = 0;
  let length = 0;
  for (const row of rows) {
    bytes += Buffer.byteLength(row.payload) + Buffer.byteLength(row.key);
    if (length > 0 && (bytes > maxBytes || length >= maxRows)) break;
    length++;
  }
  return length;
}
