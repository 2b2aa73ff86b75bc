import { recordBytes } from './record-bytes.js';
import type { SendEntry } from './send-call.js';

export interface RequestLimits {
  /**
   * Most bytes of one topic in a request. A broker refuses a partition's whole batch where it exceeds `max.message.bytes` (1,048,588 unless
   * configured): kept below, only a record that is too large by itself is refused.
   */
  readonly bytesPerTopic: number;
  readonly records: number;
}

/** Cuts a run of records into requests, in order. A record over the limit travels alone in its topic. */
export function splitRequests(entries: readonly SendEntry[], limits: RequestLimits): SendEntry[][] {
  const requests: SendEntry[][] = [];
  let request: SendEntry[] = [];
  let bytes = new Map<string, number>();
  for (const entry of entries) {
    const { topic } = entry.record;
    const size = recordBytes(entry.record);
    const soFar = bytes.get(topic) ?? 0;
    if (request.length >= limits.records || (soFar > 0 && soFar + size > limits.bytesPerTopic)) {
      requests.push(request);
      request = [];
      bytes = new Map();
    }
    request.push(entry);
    bytes.set(topic, (bytes.get(topic) ?? 0) + size);
  }
  if (request.length > 0) requests.push(request);
  return requests;
}
