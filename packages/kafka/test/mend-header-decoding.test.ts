import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { KafkaTransportError } from '@backstitch/kafka-driver';
import { headersCut, maxDecodedHeaders } from '../src/header-reader.js';
import { mendHeaderDecoding } from '../src/mend-header-decoding.js';

const require = createRequire(import.meta.url);
const source = (path: string) => require(join(dirname(require.resolve('kafkajs')), 'src', path));
const Decoder = source('protocol/decoder.js');
const Encoder = source('protocol/encoder.js');
const encodeRecord = source('protocol/recordBatch/record/v0/index.js');
const decodeRecord = source('protocol/recordBatch/record/v0/decoder.js');
const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING });

async function roundTrip(headers: Record<string, string | string[]>): Promise<Record<string, unknown>> {
  const encoded = await encodeRecord({ offsetDelta: 0, timestampDelta: 0, key: 'key', value: 'value', headers });
  const cursor = new Decoder(new Encoder().writeEncoder(encoded).buffer);
  const record = decodeRecord(new Decoder(cursor.readVarIntBytes()), { firstOffset: '0', firstTimestamp: '0' });
  expect(String(record.value)).toBe('value');
  return record.headers;
}

describe('mendHeaderDecoding', () => {
  it('replaces the reader of the copy that the instance came from, once', () => {
    mendHeaderDecoding(kafka);
    const mended = Decoder.prototype.readVarIntArray;
    mendHeaderDecoding(new kafkajs.Kafka({ brokers: ['127.0.0.1:2'] }));
    expect(Decoder.prototype.readVarIntArray).toBe(mended);
  });

  it('finds the copy of an instance of a subclass', () => {
    class Tracing extends kafkajs.Kafka {}
    expect(() => mendHeaderDecoding(new Tracing({ brokers: ['127.0.0.1:1'] }))).not.toThrow();
  });

  it('decodes a bomb of 20,000 headers by at most 1,024 reads of a name', async () => {
    mendHeaderDecoding(kafka);
    const bomb = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`h${at}`, 'v']));
    let reads = 0;
    const readVarIntString = Decoder.prototype.readVarIntString;
    Decoder.prototype.readVarIntString = function count(): unknown {
      reads++;
      return readVarIntString.call(this);
    };
    try {
      expect(headersCut(await roundTrip(bomb))).toBe('20000 headers');
    } finally {
      Decoder.prototype.readVarIntString = readVarIntString;
    }
    expect(reads).toBe(maxDecodedHeaders);
  });

  it('decodes what kafkajs encodes: plain, repeated and hostile names', async () => {
    mendHeaderDecoding(kafka);
    const headers = await roundTrip({
      plain: 'a',
      twice: ['b', 'c'],
      ...JSON.parse('{"__proto__":"d","constructor":"e"}'),
    });
    expect(Object.entries(headers).map(([name, value]) => `${name}=${value}`)).toEqual([
      'plain=a',
      'twice=b,c',
      '__proto__=d',
      'constructor=e',
    ]);
  });

  it('refuses an object that no loaded kafkajs made', () => {
    const impostor = { producer: () => ({}), consumer: () => ({}), admin: () => ({}) };
    expect(() => mendHeaderDecoding(impostor)).toThrow(KafkaTransportError);
    expect(() => mendHeaderDecoding(impostor)).toThrow(expect.objectContaining({ code: 'KAFKA_CLIENT_UNSUPPORTED' }));
  });

  it('puts the old reader back and refuses where the record decoder does not use it', () => {
    const mended = Decoder.prototype.readVarIntArray;
    const readVarLong = Decoder.prototype.readVarLong;
    const old = () => [];
    Decoder.prototype.readVarIntArray = old;
    Decoder.prototype.readVarLong = () => {
      throw new Error('another shape');
    };
    try {
      expect(() => mendHeaderDecoding(kafka)).toThrow(expect.objectContaining({ code: 'KAFKA_CLIENT_UNSUPPORTED' }));
      expect(Decoder.prototype.readVarIntArray).toBe(old);
    } finally {
      Decoder.prototype.readVarLong = readVarLong;
      Decoder.prototype.readVarIntArray = mended;
    }
  });
});
