import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { type KafkaTransportOptions, resolveOptions } from '../src/transport-options.js';

const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING });
const refusalOf = (options: Partial<KafkaTransportOptions>): unknown => {
  try {
    return resolveOptions({ kafka, ...options });
  } catch (error) {
    return error;
  }
};

describe('resolveOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveOptions({ kafka, headerLimits: { count: 10 } })).toMatchObject({
      maxRecordBytes: 1_048_576,
      offsetCommitIntervalMs: 1000,
      sessionTimeoutMs: 30_000,
      heartbeatIntervalMs: 3000,
      headerLimits: { count: 10, bytes: 8192 },
    });
  });

  it.each<[string, Partial<KafkaTransportOptions>]>([
    ['offsetCommitIntervalMs', { offsetCommitIntervalMs: 0 }],
    ['sessionTimeoutMs', { sessionTimeoutMs: Number.NaN }],
    ['maxRecordBytes', { maxRecordBytes: 1.5 }],
    ['headerLimits.count', { headerLimits: { count: 100_000 } }],
    ['heartbeatIntervalMs', { heartbeatIntervalMs: 2000, sessionTimeoutMs: 5000 }],
    ['kafka', { kafka: {} as never }],
  ])('refuses a wrong %s with its name, the value and what to do', (field, options) => {
    expect(refusalOf(options)).toMatchObject({
      code: 'KAFKA_OPTION_INVALID',
      fields: { field },
      hint: expect.stringMatching(/^Give /),
    });
  });
});
