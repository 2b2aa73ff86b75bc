import { eventCatalog } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import type { OutboxMessage } from '../src/index.js';
import { eventRow } from '../src/event-row.js';

const context = {
  id: '0198f3a0-0000-7000-8000-000000000001',
  time: '2026-01-01T00:00:00.000Z',
  catalog: undefined,
  source: undefined,
};
const message: OutboxMessage = {
  topic: 'orders',
  aggregateType: 'order',
  aggregateId: 'o1',
  type: 'OrderPlaced',
  payload: { total: 1 },
};
const catalog = eventCatalog({
  OrderPlaced: {
    version: 3,
    schema: {
      type: 'object',
      required: ['total'],
      properties: { total: { type: 'integer' }, note: { type: 'string' } },
    },
  },
});

describe('the row of an event', () => {
  it('is a CloudEvent in binary mode, in the lane of its aggregate', () => {
    expect(eventRow(message, context)).toEqual({
      id: context.id,
      topic: 'orders',
      key: 'o1',
      aggregateType: 'order',
      aggregateId: 'o1',
      eventType: 'OrderPlaced',
      payload: '{"total":1}',
      headers: {
        ce_specversion: '1.0',
        ce_id: context.id,
        ce_source: '/order',
        ce_type: 'OrderPlaced',
        ce_time: '2026-01-01T00:00:00.000Z',
        ce_subject: 'o1',
        version: '1',
        'content-type': 'application/json',
      },
      ordered: true,
    });
  });

  it('takes key, version, source, time, headers and order from the caller', () => {
    const given = {
      key: 'lane',
      version: 2,
      headers: { traceparent: '00-a', ce_id: 'forged' },
      ordering: 'none' as const,
      maxRetries: 0,
      time: '2025-05-05T05:05:05Z',
    };
    const row = eventRow({ ...message, ...given }, { ...context, source: '/shop' });
    expect(row).toMatchObject({ key: 'lane', ordered: false, maxRetries: 0 });
    expect(row.headers).toMatchObject({
      version: '2',
      ce_source: '/shop',
      traceparent: '00-a',
      ce_id: context.id,
      ce_time: '2025-05-05T05:05:05Z',
    });
  });

  it('takes the version from the catalog', () => {
    expect(eventRow(message, { ...context, catalog }).headers['version']).toBe('3');
  });

  it('names every violation of the schema with its path', () => {
    const broken = () => eventRow({ ...message, payload: { total: 'x', note: 1 } }, { ...context, catalog });
    expect(broken).toThrow(
      expect.objectContaining({
        code: 'EVENT_INVALID',
        fields: {
          type: 'OrderPlaced',
          errors: [expect.objectContaining({ path: '/total' }), expect.objectContaining({ path: '/note' })],
        },
      }),
    );
  });

  it('refuses a type that the catalog does not know, and does not take text for JSON text', () => {
    expect(() => eventRow({ ...message, type: 'OrderPlacd' }, { ...context, catalog })).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID' }),
    );
    expect(() => eventRow({ ...message, payload: '{"total":1}' }, { ...context, catalog })).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID' }),
    );
  });

  it.each([
    ['topic', ''],
    ['key', 'a\0b'],
    ['aggregateId', '\ud800'],
    ['maxRetries', -1],
    ['maxRetries', 1.5],
    ['headers', { 'x-note': 'a\0b' }],
  ])('refuses a %s that Postgres could not hold or nobody could mean', (field, found) => {
    expect(() => eventRow({ ...message, [field]: found }, context)).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID' }),
    );
  });

  it('refuses a payload that is no plain data', () => {
    expect(() => eventRow({ ...message, payload: { at: new Date() } }, context)).toThrow(
      expect.objectContaining({ code: 'PAYLOAD_NOT_JSON' }),
    );
  });

  it('takes order, retries and the trace from the outbox where the message does not say', () => {
    const traceContext = { traceparent: '00-b', tracestate: 's=1' };
    const usual = { ...context, ordering: 'none' as const, maxRetries: 7, traceContext };
    expect(eventRow(message, usual)).toMatchObject({ ordered: false, maxRetries: 7, headers: traceContext });
    const own = { ...message, ordering: 'key' as const, maxRetries: 1, headers: { traceparent: '00-a' } };
    expect(eventRow(own, usual)).toMatchObject({
      ordered: true,
      maxRetries: 1,
      headers: { traceparent: '00-a', tracestate: 's=1' },
    });
  });

  it('takes a delayed event out of its lane’s order, and refuses one that asks for its place', () => {
    const deliverAfter = { ms: 5 };
    expect(eventRow({ ...message, deliverAfter }, context)).toMatchObject({ ordered: false, deliverAfter });
    expect(() => eventRow({ ...message, deliverAfter, ordering: 'key' }, context)).toThrow(
      expect.objectContaining({ code: 'EVENT_INVALID', fields: { field: 'ordering', found: 'key' } }),
    );
  });

  it.each([new Date(Number.NaN), new Date(8.64e15), { ms: -1 }, { ms: Number.NaN }, { ms: 1e15 }])(
    'refuses a delay that is no instant: %j',
    (deliverAfter) => {
      expect(() => eventRow({ ...message, deliverAfter }, context)).toThrow(
        expect.objectContaining({ code: 'EVENT_INVALID', fields: expect.objectContaining({ field: 'deliverAfter' }) }),
      );
    },
  );
});
