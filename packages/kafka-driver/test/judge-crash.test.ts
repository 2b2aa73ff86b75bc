import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { judgeCrash } from '../src/judge-crash.js';

const ofType = (type: string): Error => Object.assign(new Error('x'), { name: 'KafkaJSProtocolError', type });

/** kafkajs' types leave out the constructors' parameters. */
const make = (kind: new () => Error): Error => Reflect.construct(kind, ['an outage']);

describe('judgeCrash', () => {
  it('joins again after outages, also where kafkajs calls them final', () => {
    const outages = [
      make(kafkajs.KafkaJSGroupCoordinatorNotFound),
      new kafkajs.KafkaJSConnectionError('refused', { code: 'ECONNREFUSED' }),
      make(kafkajs.KafkaJSLockTimeout),
      ofType('UNKNOWN_TOPIC_OR_PARTITION'),
    ];
    for (const error of outages) expect(judgeCrash(error, 50)).toEqual({ kind: 'rejoin', delayMs: 10_000 });
  });

  it('waits twice as long with each crash in a row, up to ten seconds', () => {
    const error = new kafkajs.KafkaJSConnectionError('refused');
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((crashes) => judgeCrash(error, crashes));
    expect(delays.map((verdict) => (verdict.kind === 'rejoin' ? verdict.delayMs : 0))).toEqual([
      200, 400, 800, 1600, 3200, 6400, 10_000, 10_000,
    ]);
  });

  it.each(['GROUP_AUTHORIZATION_FAILED', 'INCONSISTENT_GROUP_PROTOCOL', 'INVALID_SESSION_TIMEOUT'])(
    'dies of %s',
    (type) => {
      expect(
        judgeCrash(new kafkajs.KafkaJSNumberOfRetriesExceeded(ofType(type), { retryCount: 1, retryTime: 1 }), 1),
      ).toEqual({
        kind: 'die',
        why: type,
      });
    },
  );

  it('dies of a codec that is not there', () => {
    expect(judgeCrash(make(kafkajs.KafkaJSNotImplemented), 1)).toEqual({ kind: 'die', why: 'KafkaJSNotImplemented' });
  });

  it('dies of an error that nobody knows, at its fifth time in a row', () => {
    const unexplained = new TypeError('undefined is not an object');
    expect([1, 2, 3, 4, 5].map((crashes) => judgeCrash(unexplained, crashes).kind)).toEqual([
      'rejoin',
      'rejoin',
      'rejoin',
      'rejoin',
      'die',
    ]);
  });
});
