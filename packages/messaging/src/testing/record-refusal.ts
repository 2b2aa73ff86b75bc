import type { OutboundRecord, SendResult } from '../transport.js';

type Refused = Extract<SendResult, { kind: 'refused' }>;

/** Why a broker would refuse this very record, whenever it is sent; undefined where it would not. */
export function refusalOf(
  record: OutboundRecord,
  limits: { readonly topicExists: boolean; readonly maxRecordBytes: number },
): Refused | undefined {
  // Reached by callers without types, and by rows that another program wrote.
  if (typeof record.key !== 'string' || typeof record.value !== 'string') {
    return { kind: 'refused', code: 'INVALID_RECORD', message: 'key and value must be strings' };
  }
  if (!limits.topicExists)
    return { kind: 'refused', code: 'UNKNOWN_TOPIC', message: `there is no topic "${record.topic}"` };
  const bytes = recordBytes(record);
  if (bytes <= limits.maxRecordBytes) return undefined;
  return {
    kind: 'refused',
    code: 'RECORD_TOO_LARGE',
    message: `${bytes} bytes, where ${limits.maxRecordBytes} are allowed`,
  };
}

function recordBytes(record: OutboundRecord): number {
  let bytes = Buffer.byteLength(record.key) + Buffer.byteLength(record.value);
  for (const [name, value] of Object.entries(record.headers ?? {}))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  return bytes;
}
