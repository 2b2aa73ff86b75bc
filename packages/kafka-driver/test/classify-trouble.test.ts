import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { causes, classifyTrouble } from '../src/classify-trouble.js';

// kafkajs' own table of protocol errors: a code that it renames must not pass unseen.
const require = createRequire(import.meta.url);
const protocol: { createErrorFromCode(code: number): Error } = require(
  join(dirname(require.resolve('kafkajs')), 'src', 'protocol', 'error.js'),
);

describe('classifyTrouble', () => {
  it.each([
    [10, 'RECORD_TOO_LARGE'],
    [18, 'RECORD_TOO_LARGE'],
    [3, 'UNKNOWN_TOPIC'],
    [17, 'UNKNOWN_TOPIC'],
    [29, 'NOT_AUTHORIZED'],
    [31, 'NOT_AUTHORIZED'],
    [87, 'INVALID_RECORD'],
    [32, 'INVALID_RECORD'],
  ])('takes the error code %i for the refusal %s', (code, refusal) => {
    expect(classifyTrouble(protocol.createErrorFromCode(code))).toMatchObject({ kind: 'refusal', code: refusal });
  });

  it.each([5, 6, 7, 13, 19, 20, 56, -1, 9999])('holds the error code %i against no record', (code) => {
    expect(classifyTrouble(protocol.createErrorFromCode(code)).kind).toBe('unavailable');
  });

  it('finds the type below the errors that kafkajs wraps around it', () => {
    const refused = protocol.createErrorFromCode(3);
    const exhausted = new kafkajs.KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 3, retryTime: 100 });
    // kafkajs' types leave out the options.
    const wrapped: unknown = Reflect.construct(kafkajs.KafkaJSNonRetriableError, [exhausted, { cause: exhausted }]);
    expect(classifyTrouble(wrapped)).toMatchObject({ kind: 'refusal', code: 'UNKNOWN_TOPIC' });
  });

  it('holds network errors, foreign errors and no errors at all against no record', () => {
    const connection = new kafkajs.KafkaJSConnectionError('Connection error: MESSAGE_TOO_LARGE', {
      code: 'ECONNREFUSED',
    });
    for (const error of [connection, new TypeError('x'), undefined, null, 'MESSAGE_TOO_LARGE']) {
      expect(classifyTrouble(error).kind).toBe('unavailable');
    }
  });

  it('ends on a ring of causes', () => {
    const ring: { cause?: unknown } = {};
    ring.cause = ring;
    expect(causes(ring)).toHaveLength(10);
  });
});
