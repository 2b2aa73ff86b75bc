import {
  AuthenticationError,
  NetworkError,
  ProtocolError,
  ResponseError,
  UnsupportedCompressionError,
  UserError,
} from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { answered, clientError } from '../src/client-error.js';

describe('an error of the client', () => {
  it('is told by the protocol error below what the client wrapped around it', () => {
    const error = clientError(new ResponseError(0, 9, { '/responses/0': [29, null] }, {}));
    expect(error).toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED', retriable: false });
    expect(clientError(new NetworkError('x', { cause: new ProtocolError(5) }))).toMatchObject({
      type: 'LEADER_NOT_AVAILABLE',
      retriable: true,
    });
  });

  it.each([
    [new AuthenticationError('x'), 'SASL_AUTHENTICATION_FAILED'],
    [new UnsupportedCompressionError('x'), 'UNSUPPORTED_COMPRESSION_TYPE'],
  ])('of its own is told by the name that the protocol has for it: %s', (error, type) => {
    expect(clientError(error).type).toBe(type);
  });

  it('without an answer of a broker has no type, whatever its text says', () => {
    for (const error of [
      new NetworkError('x'),
      new UserError('Unknown topic orders.'),
      new TypeError('MESSAGE_TOO_LARGE'),
      undefined,
    ]) {
      expect(clientError(error).type).toBeUndefined();
      expect(clientError(error).cause).toBe(error);
    }
  });

  it('is found in a ring of causes in bounded time, and is not wrapped twice', () => {
    const ring: { cause?: unknown } = {};
    ring.cause = ring;
    const error = clientError(ring);
    expect(error.type).toBeUndefined();
    expect(clientError(error)).toBe(error);
  });

  it('is made of a code of an answer, also of one that the client does not know', () => {
    expect(answered(10).type).toBe('MESSAGE_TOO_LARGE');
    expect(answered(9999).type).toBe('ERROR_9999');
  });
});
