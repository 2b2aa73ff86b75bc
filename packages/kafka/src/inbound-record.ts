import type { InboundRecord } from '@backstitch/messaging';
import type { KafkaMessage } from 'kafkajs';
import { headersCut } from './header-reader.js';
import type { HeaderLimits } from './transport-options.js';

export interface InboundLimits {
  readonly maxRecordBytes: number;
  readonly headerLimits: HeaderLimits;
}

/** A record as kafkajs decoded it, brought within the limits. What had to be cut is marked as poison. */
export function inboundRecord(
  place: { readonly topic: string; readonly partition: number },
  message: KafkaMessage,
  limits: InboundLimits,
): InboundRecord {
  const { headers, cut } = readableHeaders(message.headers ?? {}, limits.headerLimits);
  const value = message.value ?? null;
  const tooLong = value !== null && value.length > limits.maxRecordBytes;
  const poison = tooLong ? `a value of ${value.length} bytes, where ${limits.maxRecordBytes} are allowed` : cut;
  return {
    topic: place.topic,
    partition: place.partition,
    offset: message.offset,
    key: message.key?.toString('utf8') ?? null,
    value: value === null ? null : value.toString('utf8', 0, limits.maxRecordBytes),
    headers,
    timestampMs: Number(message.timestamp),
    ...(poison === undefined ? {} : { poison }),
  };
}

interface ReadableHeaders {
  readonly headers: Record<string, string>;
  readonly cut: string | undefined;
}

function readableHeaders(wire: object, limits: HeaderLimits): ReadableHeaders {
  const headers: Record<string, string> = Object.create(null);
  let count = 0;
  let bytes = 0;
  for (const [name, held] of Object.entries(wire)) {
    const values: readonly unknown[] = Array.isArray(held) ? held : [held];
    const times = Math.max(1, values.length);
    count += times;
    bytes += times * Buffer.byteLength(name) + values.reduce((sum: number, value) => sum + byteLength(value), 0);
    if (count > limits.count) return { headers, cut: headersCut(wire) ?? `more than ${limits.count} headers` };
    if (bytes > limits.bytes) return { headers, cut: `headers of more than ${limits.bytes} bytes` };
    headers[name] = text(values[0]);
  }
  return { headers, cut: headersCut(wire) };
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
