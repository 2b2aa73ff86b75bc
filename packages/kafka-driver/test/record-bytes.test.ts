import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OutboundRecord } from '@backstitch/messaging';
import { expect, it } from 'vitest';
import { recordBytes } from '../src/record-bytes.js';

const require = createRequire(import.meta.url);
const encodeRecord: (record: object) => Promise<{ size(): number }> = require(
  join(dirname(require.resolve('kafkajs')), 'src', 'protocol', 'recordBatch', 'record', 'v0', 'index.js'),
);

/** The record batch's own header, as the Kafka protocol defines it. */
const batchBytes = 61;

it.each<[string, Omit<OutboundRecord, 'topic'>]>([
  ['empty', { key: '', value: '' }],
  ['plain', { key: 'order-1', value: '{"a":1}' }],
  ['large', { key: 'k'.repeat(300), value: 'x'.repeat(1_000_000) }],
  ['beyond ASCII', { key: '東京', value: '👩‍🚀'.repeat(1000), headers: { ключ: 'значение' } }],
  [
    'with many headers',
    {
      key: 'k',
      value: 'v',
      headers: Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`h${at}`, 'v'.repeat(at)])),
    },
  ],
])('is never less than what kafkajs writes: a record that is %s', async (_, record) => {
  const encoded = await encodeRecord({ offsetDelta: 4999, timestampDelta: 2 ** 31, headers: {}, ...record });
  const estimate = recordBytes({ topic: 't', ...record });
  expect(estimate).toBeGreaterThanOrEqual(batchBytes + encoded.size());
  const slack = 50 + 10 * Object.keys(record.headers ?? {}).length;
  expect(estimate).toBeLessThanOrEqual(batchBytes + encoded.size() + slack);
});
