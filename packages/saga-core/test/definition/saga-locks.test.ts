import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lockKeysFor } from '../../src/definition/saga-locks.js';
import { sagaOn } from '../../src/definition/saga.js';

const saga = sagaOn<never>();
const input = z.object({ order: z.string() });
const keys = () => ['order:1'];
/** What a JavaScript author can write: the compiler refuses most of these. */
const wrong = (value: unknown): never => value as never;
const withLocks = (locks: unknown) =>
  saga('order', { version: 1, input, locks: wrong(locks) })
    .local('create', () => 1, { compensate: 'nothing to undo' })
    .build();
const keysOf = (answer: () => unknown) => lockKeysFor('order', { keys: answer as never }, {});

describe('the locks of a definition', () => {
  it('are typed by its input, and stand in no hash', () => {
    const locked = saga('order', {
      version: 1,
      input,
      locks: { keys: ({ input: { order } }) => [`order:${order}`], whenHeld: 'wait', timeout: '5m' },
    })
      .local('create', () => 1, { compensate: 'nothing to undo' })
      .build();
    expect(locked.locks).toMatchObject({ whenHeld: 'wait', timeoutMs: 300_000 });
    expect(locked.hash).toBe(withLocks(undefined).hash);
    expect(withLocks(undefined).locks).toBeNull();
    expect(withLocks({ keys, whenHeld: 'refuse' }).locks).toMatchObject({ whenHeld: 'refuse', timeoutMs: null });
  });

  it.each([
    ['without keys', { whenHeld: 'wait' }],
    ['with a list instead of a function', { keys: ['order:1'], whenHeld: 'wait' }],
    ['that does not say what to do where they are held', { keys }],
    ['that says something else', { keys, whenHeld: 'steal' }],
    ['with a timeout of nothing', { keys, whenHeld: 'wait', timeout: '0s' }],
    ['with a timeout where nobody waits', { keys, whenHeld: 'refuse', timeout: '5m' }],
  ])('are refused %s', (_, locks) => {
    expect(() => withLocks(locks)).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }));
  });
});

describe('the keys for an input', () => {
  it('are sorted, each once', () => {
    expect(keysOf(() => ['b', 'a', 'b', 'ä'])).toEqual(['a', 'b', 'ä']);
    expect(keysOf(() => [])).toEqual([]);
    expect(keysOf(() => ['x'.repeat(255)])).toHaveLength(1);
  });

  it.each([
    ['a promise', async () => ['a']],
    ['a text', () => 'a'],
    ['a number', () => [1]],
    ['an empty text', () => ['']],
    ['a long text', () => ['x'.repeat(256)]],
    ['NUL', () => ['a\0']],
    ['half a character', () => ['\ud800']],
    ['twenty-one keys', () => Array.from({ length: 21 }, (_, place) => `k${place}`)],
    [
      'an error',
      () => {
        throw new Error('no order');
      },
    ],
  ])('cannot be %s', (_, answer) => {
    expect(() => keysOf(answer)).toThrow(expect.objectContaining({ code: 'LOCK_KEYS_INVALID' }));
  });
});
