import { createSeededRandom } from '@backstitch/messaging/testing';
import type { KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { inboundRecord } from '../src/inbound-record.js';

const limits = { maxRecordBytes: 100, headerLimits: { count: 4, bytes: 40 } };
const place = { topic: 'orders', partition: 2 };

function message(fields: { key?: string | null; value?: string | Buffer | null; headers?: object }): KafkaMessage {
  const { key = 'k', value = 'v', headers = {} } = fields;
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp: '1700000000123',
    attributes: 0,
    offset: '17',
    headers: headers as NonNullable<KafkaMessage['headers']>,
  };
}
const headersOf = (headers: object) => inboundRecord(place, message({ headers }), limits);

describe('inboundRecord', () => {
  it('decodes a record and tells where and when it was written', () => {
    const record = inboundRecord(
      place,
      message({ key: 'ключ', value: '東京', headers: { a: Buffer.from('ä') } }),
      limits,
    );
    expect(record).toEqual({
      topic: 'orders',
      partition: 2,
      offset: '17',
      key: 'ключ',
      value: '東京',
      headers: { a: 'ä' },
      timestampMs: 1_700_000_000_123,
    });
    expect('poison' in record).toBe(false);
  });

  it('keeps a missing key and a tombstone as null', () => {
    expect(inboundRecord(place, message({ key: null, value: null }), limits)).toMatchObject({ key: null, value: null });
  });

  it('keeps the first of several values and holds names on a null prototype', () => {
    const { headers } = headersOf({ a: [Buffer.from('1'), Buffer.from('2')], ...JSON.parse('{"__proto__":"x"}') });
    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect(Object.entries(headers)).toEqual([
      ['a', '1'],
      ['__proto__', 'x'],
    ]);
  });

  it('reads a header without a value as an empty one', () => {
    expect(headersOf({ a: null, b: [null, Buffer.from('x')] }).headers).toMatchObject({ a: '', b: '' });
  });

  it('marks a record with more headers than allowed, counting repeats, and keeps none beyond', () => {
    const five = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, Buffer.from('1')]));
    const cut = headersOf(five);
    expect(cut.poison).toBe('more than 4 headers');
    expect(Object.keys(cut.headers)).toHaveLength(4);
    expect(headersOf({ a: Array.from({ length: 5 }, () => Buffer.from('1')) }).poison).toBe('more than 4 headers');
    const { e: _, ...four } = five;
    expect(headersOf(four).poison).toBeUndefined();
  });

  it('marks a record whose headers have more bytes than allowed', () => {
    expect(headersOf({ name: Buffer.from('x'.repeat(36)) }).poison).toBeUndefined();
    expect(headersOf({ name: Buffer.from('x'.repeat(37)) }).poison).toBe('headers of more than 40 bytes');
  });

  it('cuts and marks a value that is too long', () => {
    expect(inboundRecord(place, message({ value: 'x'.repeat(100) }), limits).poison).toBeUndefined();
    const cut = inboundRecord(place, message({ value: 'x'.repeat(101) }), limits);
    expect(cut.value).toHaveLength(100);
    expect(cut.poison).toBe('a value of 101 bytes, where 100 are allowed');
  });

  it('replaces bytes that are not UTF-8', () => {
    expect(inboundRecord(place, message({ value: Buffer.of(0x61, 0xff) }), limits).value).toBe('a\ufffd');
  });

  it('never throws and never leaves the limits, whatever the headers', () => {
    const seed = Number(process.env['SEED'] ?? 20_261_122);
    const random = createSeededRandom(seed);
    const names = ['__proto__', 'constructor', 'toString', '', 'a', 'b', 'ce_id', 'hasOwnProperty', '\u0000'];
    const poisons = new Set<string | undefined>();
    for (let round = 0; round < 2000; round++) {
      const headers: object = {};
      for (let at = random.integer(9); at > 0; at--) {
        const values = Array.from({ length: random.integer(4) }, () =>
          random.chance(0.2) ? null : Buffer.alloc(random.integer(31), 97),
        );
        const name = names[random.integer(names.length)] ?? '';
        Object.defineProperty(headers, name, {
          value: values.length === 1 ? values[0] : values,
          enumerable: true,
          configurable: true,
        });
      }
      const record = headersOf(headers);
      poisons.add(record.poison);
      const entries = Object.entries(record.headers);
      expect(entries.length, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(4);
      expect(entries.every(([, value]) => typeof value === 'string')).toBe(true);
      expect(entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0)).toBeLessThanOrEqual(40);
    }
    expect(poisons).toEqual(new Set([undefined, 'more than 4 headers', 'headers of more than 40 bytes']));
  });
});
