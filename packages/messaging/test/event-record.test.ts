import { type CloudEvent, Kafka, type KafkaMessage } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { type EventToPublish, eventRecord, type InboundRecord, type OutboundRecord, readEvent } from '../src/index.js';

const event: EventToPublish = {
  topic: 'orders.events',
  key: 'o-1',
  id: 'event-1',
  source: 'orders',
  type: 'OrderConfirmed',
  version: 2,
  time: '2026-01-02T03:04:05.678Z',
  subject: 'o-1',
  payloadJson: '{"orderId":"o-1"}',
};
const received = (
  { topic, key, value, headers = {} }: OutboundRecord,
  changes: Partial<InboundRecord> = {},
): InboundRecord => ({
  topic,
  partition: 0,
  offset: '0',
  key,
  value,
  headers,
  timestampMs: 1,
  ...changes,
});
const readWith = (headers: Record<string, string | undefined>) => {
  const record = eventRecord(event);
  const changed = Object.entries({ ...record.headers, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return readEvent(received({ ...record, headers: Object.fromEntries(changed) }));
};

describe('an event record', () => {
  it('has the payload as its value and the attributes in its headers', () => {
    expect(eventRecord({ ...event, headers: { traceparent: '00-…', ce_id: 'not this one' } })).toEqual({
      topic: 'orders.events',
      key: 'o-1',
      value: '{"orderId":"o-1"}',
      headers: {
        traceparent: '00-…',
        ce_specversion: '1.0',
        ce_id: 'event-1',
        ce_source: 'orders',
        ce_type: 'OrderConfirmed',
        ce_time: '2026-01-02T03:04:05.678Z',
        ce_subject: 'o-1',
        version: '2',
        'content-type': 'application/json',
      },
    });
  });

  it('comes back as it was, with and without a subject', () => {
    const { subject: _, ...without } = event;
    for (const published of [event, without]) {
      const { topic: _topic, payloadJson, ...fields } = published;
      expect(readEvent(received(eventRecord(published)))).toEqual({
        kind: 'ok',
        event: { ...fields, payload: JSON.parse(payloadJson) },
      });
    }
  });

  it('is a valid CloudEvent to the CloudEvents SDK', () => {
    const { key, value, headers = {} } = eventRecord(event);
    const message: KafkaMessage<string> = { key, value, headers, body: value };
    const parsed = Kafka.toEvent<{ orderId: string }>(message) as CloudEvent<{ orderId: string }>;
    expect(parsed.validate()).toBe(true);
    expect(parsed).toMatchObject({
      id: 'event-1',
      type: 'OrderConfirmed',
      source: 'orders',
      subject: 'o-1',
      data: { orderId: 'o-1' },
    });
  });

  it.each([
    ['no id', { ce_id: undefined }, /ce_id is missing/],
    ['another version of CloudEvents', { ce_specversion: '0.3' }, /ce_specversion/],
    ['a time that is none', { ce_time: 'soon' }, /ce_time/],
    ['no version', { version: undefined }, /version/],
    ['a version that is no number', { version: '1.5' }, /version/],
    ['a type that is too long', { ce_type: 'x'.repeat(129) }, /ce_type/],
    ['another content', { 'content-type': 'application/avro' }, /content-type/],
  ])('is refused with %s', (_, headers, reason) => {
    expect(readWith(headers)).toEqual({ kind: 'invalid', reason: expect.stringMatching(reason) });
  });

  it('may say which charset it has', () => {
    expect(readWith({ 'content-type': 'application/json; charset=utf-8' }).kind).toBe('ok');
  });

  it.each([
    ['no value', { value: null }, /no value/],
    ['a value that is not JSON', { value: '{' }, /not JSON/],
    ['what the transport had to cut', { poison: 'too many headers' }, /too many headers/],
  ])('is refused with %s', (_, changes, reason) => {
    expect(readEvent(received(eventRecord(event), changes))).toEqual({
      kind: 'invalid',
      reason: expect.stringMatching(reason),
    });
  });

  it('is not sent where it would be refused', () => {
    expect(() => eventRecord({ ...event, version: 0 })).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID', hint: expect.any(String) }),
    );
    expect(() => eventRecord({ ...event, id: '' })).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }));
  });
});
