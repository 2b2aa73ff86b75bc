import type { InboundRecord } from '@backstitch/messaging';
import type { HeaderLimits } from './transport-options.js';

export interface InboundLimits {
  readonly maxRecordBytes: number;
  readonly headerLimits: HeaderLimits;
}

/** A record as a client decoded it. */
export interface DecodedRecord {
  readonly offset: string;
  readonly key: Buffer | null | undefined;
  readonly value: Buffer | null | undefined;
  readonly timestampMs: number;
  /** In the order of the wire; a name may come twice. */
  readonly headers: Iterable<readonly [name: string, value: unknown]>;
  /** Why the client did not decode all of the headers. */
  readonly cut?: string | undefined;
}

/** Brings a decoded record within the limits. What had to be cut is marked as poison. */
export function inboundRecord(
  place: { readonly topic: string; readonly partition: number },
  decoded: DecodedRecord,
  limits: InboundLimits,
): InboundRecord {
  const { headers, cut } = readableHeaders(decoded, limits.headerLimits);
  const value = decoded.value ?? null;
  const tooLong = value !== null && value.length > limits.maxRecordBytes;
  const poison = tooLong ? `a value of ${value.length} bytes, where ${limits.maxRecordBytes} are allowed` : cut;
  return {
    topic: place.topic,
    partition: place.partition,
    offset: decoded.offset,
    key: decoded.key?.toString('utf8') ?? null,
    value: value === null ? null : value.toString('utf8', 0, limits.maxRecordBytes),
    headers,
    timestampMs: decoded.timestampMs,
    ...(poison === undefined ? {} : { poison }),
  };
}

interface ReadableHeaders {
  readonly headers: Record<string, string>;
  readonly cut: string | undefined;
}

function readableHeaders(decoded: DecodedRecord, limits: HeaderLimits): ReadableHeaders {
  const headers: Record<string, string> = Object.create(null);
  let count = 0;
  let bytes = 0;
  for (const [name, value] of decoded.headers) {
    count++;
    bytes += Buffer.byteLength(name) + byteLength(value);
    if (count > limits.count) return { headers, cut: decoded.cut ?? `more than ${limits.count} headers` };
    if (bytes > limits.bytes) return { headers, cut: `headers of more than ${limits.bytes} bytes` };
    if (!(name in headers)) headers[name] = text(value);
  }
  return { headers, cut: decoded.cut };
}

function byteLength(value: unknown): number {
  if (Buffer.isBuffer(value)) return value.length;
  return typeof value === 'string' ? Buffer.byteLength(value) : 0;
}

/** A header without a value reads as an empty one: nothing of ours tells them apart. */
function text(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'string' ? value : '';
}
