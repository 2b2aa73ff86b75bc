import type { OutboundRecord } from '@backstitch/messaging';

/** The record batch around a record (61 bytes) and the record's own frame, as varints of their greatest length. */
const frameBytes = 61 + 1 + 10 + 5 * 5;
const headerFrameBytes = 5 + 5;

/** The most bytes that a record takes on the wire in a batch of its own, uncompressed. */
export function recordBytes(record: OutboundRecord): number {
  let bytes = frameBytes + Buffer.byteLength(record.key) + Buffer.byteLength(record.value);
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    bytes += headerFrameBytes + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return bytes;
}
