import { type InboundLimits, inboundRecord as bounded } from '@backstitch/kafka-driver';
import type { InboundRecord } from '@backstitch/messaging';
import type { KafkaMessage } from 'kafkajs';
import { headersCut } from './header-reader.js';

/** A record as kafkajs decoded it, brought within the limits. */
export function inboundRecord(
  place: { readonly topic: string; readonly partition: number },
  message: KafkaMessage,
  limits: InboundLimits,
): InboundRecord {
  const headers = message.headers ?? {};
  const { offset, key, value } = message;
  return bounded(
    place,
    { offset, key, value, timestampMs: Number(message.timestamp), headers: pairs(headers), cut: headersCut(headers) },
    limits,
  );
}

/** kafkajs holds the values of a name that came twice in a list. */
function* pairs(wire: object): Generator<readonly [string, unknown]> {
  for (const [name, held] of Object.entries(wire)) {
    const values: readonly unknown[] = Array.isArray(held) ? held : [held];
    for (const value of values) yield [name, value];
  }
}
