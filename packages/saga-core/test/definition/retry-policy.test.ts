import { describe, expect, it } from 'vitest';
import { defaultRetry, foreverRetry, resolveRetry, type RetryPolicy } from '../../src/definition/retry-policy.js';

describe('a retry policy', () => {
  it('is the default of its kind where nothing is said', () => {
    expect(resolveRetry(undefined, defaultRetry, 'retry')).toEqual({
      attempts: 3,
      backoffMs: 1_000,
      factor: 2,
      maxBackoffMs: 60_000,
      jitter: 'full',
      nonRetryable: [],
    });
    expect(resolveRetry(undefined, foreverRetry, 'retry')).toEqual({ ...defaultRetry, attempts: null });
    expect(resolveRetry({}, foreverRetry, 'retry')).toEqual(foreverRetry);
  });

  it('overrides what is said and keeps the rest', () => {
    const said: RetryPolicy = { attempts: 'forever', backoff: '250ms', maxBackoff: '2m', jitter: 'none' };
    expect(resolveRetry(said, defaultRetry, 'retry')).toEqual({
      attempts: null,
      backoffMs: 250,
      factor: 2,
      maxBackoffMs: 120_000,
      jitter: 'none',
      nonRetryable: [],
    });
    expect(resolveRetry({ attempts: 5, factor: 1 }, foreverRetry, 'retry')).toMatchObject({ attempts: 5, factor: 1 });
  });

  it.each<[string, RetryPolicy, string]>([
    ['no attempts', { attempts: 0 }, 'retry.attempts'],
    ['half an attempt', { attempts: 1.5 }, 'retry.attempts'],
    ['attempts without end as a number', { attempts: Number.POSITIVE_INFINITY }, 'retry.attempts'],
    ['attempts in words', { attempts: 'three' as never }, 'retry.attempts'],
    ['a factor that shrinks', { factor: 0.5 }, 'retry.factor'],
    ['a factor that is no number', { factor: Number.NaN }, 'retry.factor'],
    ['an unknown jitter', { jitter: 'half' as never }, 'retry.jitter'],
  ])('with %s is refused, naming the field', (_, policy, field) => {
    expect(() => resolveRetry(policy, defaultRetry, 'retry')).toThrow(
      expect.objectContaining({
        code: 'DEFINITION_INVALID',
        fields: expect.objectContaining({ field }),
        hint: expect.stringMatching(/^give /),
      }),
    );
  });
});
