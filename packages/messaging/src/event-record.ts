import { AttributeReader } from './attribute-reader.js';
import { MessagingError } from './errors.js';
import { type DomainEvent, eventLimits } from './event.js';
import { decodeJson } from './json-text.js';
import type { InboundRecord, OutboundRecord } from './transport.js';

export interface EventToPublish extends DomainEvent {
  readonly topic: string;
  /** The lane: usually the aggregate's id. */
  readonly key: string;
  /** JSON text, as `encodeJson` gives it: the record's value as it is. */
  readonly payloadJson: string;
  /** Free headers, `traceparent` for one. A name that the event itself uses is not taken from here. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ReceivedEvent extends DomainEvent {
  readonly key: string | null;
  readonly payload: unknown;
}

export type ReadEvent =
  | { readonly kind: 'ok'; readonly event: ReceivedEvent }
  | { readonly kind: 'invalid'; readonly reason: string };

/** The media type of the value of a binary-mode event. */
const payloadContentType = 'application/json';
const versionPattern = /^[1-9]\d{0,8}$/;

/**
 * A domain event as a CloudEvents 1.0 record in Kafka's binary mode: the payload is the value, the attributes are `ce_*` headers.
 *
 * @throws MessagingError EVENT_INVALID where `readEvent` would refuse it.
 */
export function eventRecord(event: EventToPublish): OutboundRecord {
  const headers = {
    ...event.headers,
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_time: event.time,
    ...(event.subject === undefined ? {} : { ce_subject: event.subject }),
    version: String(event.version),
    'content-type': payloadContentType,
  };
  const read = new AttributeReader(headers);
  readAttributes(read);
  if (read.problem !== undefined) {
    throw new MessagingError('EVENT_INVALID', `an event cannot be sent: ${read.problem}`, {
      fields: { problem: read.problem, type: event.type, id: event.id },
      hint: 'Mend the field that the header is made of.',
    });
  }
  return { topic: event.topic, key: event.key, value: event.payloadJson, headers };
}

/** The event in a record of ours or of another CloudEvents producer that sets `version`. Never throws. */
export function readEvent(record: InboundRecord): ReadEvent {
  if (record.poison !== undefined) return { kind: 'invalid', reason: `event: ${record.poison}` };
  if (record.value === null) return { kind: 'invalid', reason: 'event has no value' };
  const read = new AttributeReader(record.headers);
  const event = readAttributes(read);
  if (read.problem !== undefined) return { kind: 'invalid', reason: `event: ${read.problem}` };
  const payload = decodeJson(record.value, { what: 'payload of the event' });
  if (payload.kind === 'invalid') return payload;
  return { kind: 'ok', event: { ...event, key: record.key, payload: payload.value } };
}

function readAttributes(read: AttributeReader): DomainEvent {
  const { attributes } = read;
  if (attributes['ce_specversion'] !== '1.0') read.reject('ce_specversion is not 1.0');
  const contentType = attributes['content-type'];
  // Parameters such as a charset may follow.
  if (typeof contentType === 'string' && !/^application\/json\b/i.test(contentType))
    read.reject('content-type is not application/json');
  const version = attributes['version'];
  if (typeof version !== 'string' || !versionPattern.test(version)) read.reject('version is not a whole number from 1');
  const subject = read.optionalText('ce_subject', eventLimits.subject);
  return {
    id: read.text('ce_id', eventLimits.id),
    source: read.text('ce_source', eventLimits.source),
    type: read.text('ce_type', eventLimits.type),
    version: Number(version),
    time: read.timestamp('ce_time'),
    ...(subject === undefined ? {} : { subject }),
  };
}
