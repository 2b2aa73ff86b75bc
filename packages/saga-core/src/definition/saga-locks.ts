import { foundText } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { thrownMessage } from '../thrown-message.js';
import { type Duration, parseDuration } from './duration.js';

/**
 * Semantic locks on business keys: of the instances that name one key, in whichever saga, one runs at a time. Taken all at once at the start, in
 * one order for everybody, so that two sagas never wait for each other, and kept until the instance is completed or compensated.
 */
export interface SagaLocks<Input> {
  /** Pure, called once at the start: at most 20 keys of 1 to 255 characters, such as `order:4711`. None at all is allowed. */
  readonly keys: (context: { readonly input: Input }) => readonly string[];
  /** A key is held: `'wait'` stands in the queue of each key and runs when it is the first in all, `'refuse'` throws `LOCK_HELD` from `start`. */
  readonly whenHeld: WhenHeld;
  /** How long it waits for its locks; then it is over, undone with `LOCK_TIMED_OUT`. Only with `'wait'`. Default: no limit. */
  readonly timeout?: Duration;
}
export type WhenHeld = 'wait' | 'refuse';

/** `SagaLocks`, checked. */
export interface LocksDefinition {
  readonly keys: (context: { readonly input: unknown }) => readonly string[];
  readonly whenHeld: WhenHeld;
  /** `null` waits for ever. */
  readonly timeoutMs: number | null;
}

export const maxLockKeys = 20;
export const maxLockKeyLength = 255;

/** Throws `DEFINITION_INVALID`. */
export function locksOf(saga: string, locks: SagaLocks<never> | undefined): LocksDefinition | null {
  if (locks === undefined) return null;
  const { keys, whenHeld, timeout } = locks as SagaLocks<unknown>;
  if (typeof keys !== 'function') throw invalid(saga, 'have no keys', 'give a function of the input: { keys }');
  if (whenHeld !== 'wait' && whenHeld !== 'refuse')
    throw invalid(saga, `have whenHeld ${foundText(whenHeld)}`, "say whenHeld: 'wait' or 'refuse'");
  if (timeout === undefined) return { keys, whenHeld, timeoutMs: null };
  if (whenHeld === 'refuse')
    throw invalid(saga, 'have a timeout and are refused where they are held', "drop it, or say whenHeld: 'wait'");
  const timeoutMs = parseDuration(timeout, `${saga}.locks.timeout`);
  if (timeoutMs < 1) throw invalid(saga, 'have a timeout of nothing', "wait at least 1ms, or say whenHeld: 'refuse'");
  return { keys, whenHeld, timeoutMs };
}

/** The keys for an input: sorted, each once. Throws `LOCK_KEYS_INVALID`. */
export function lockKeysFor(saga: string, { keys }: Pick<LocksDefinition, 'keys'>, input: unknown): readonly string[] {
  let given: unknown;
  try {
    given = keys({ input });
  } catch (cause) {
    throw keysInvalid(saga, `threw: ${thrownMessage(cause)}`, { cause });
  }
  if (!Array.isArray(given)) throw keysInvalid(saga, 'answered no list', { found: typeof given });
  const found: readonly unknown[] = given;
  const sorted = [...new Set(found.map((key) => checkedKey(saga, key)))].sort();
  if (sorted.length > maxLockKeys) throw keysInvalid(saga, `answered ${sorted.length} keys`, { count: sorted.length });
  return sorted;
}

/** Postgres holds neither NUL nor half a character as text. */
const unstorable = /\0|\p{Surrogate}/u;

function checkedKey(saga: string, key: unknown): string {
  if (typeof key !== 'string') throw keysInvalid(saga, `answered a key that is no text: ${typeof key}`, {});
  if (key.length > 0 && key.length <= maxLockKeyLength && !unstorable.test(key)) return key;
  throw keysInvalid(saga, `answered a key of ${key.length} characters, or with NUL or half a character`, {
    key: key.slice(0, 300),
  });
}

function keysInvalid(
  saga: string,
  what: string,
  { cause, ...found }: { readonly cause?: unknown; readonly [field: string]: unknown },
): SagaError {
  return new SagaError('LOCK_KEYS_INVALID', `the lock keys of saga '${saga}' cannot be taken: 'keys' ${what}`, {
    fields: { saga, ...found },
    hint: `answer at most ${maxLockKeys} keys of 1 to ${maxLockKeyLength} characters; nothing was started`,
    ...(cause === undefined ? {} : { cause }),
  });
}

function invalid(saga: string, what: string, hint: string): SagaError {
  return new SagaError('DEFINITION_INVALID', `the locks of saga '${saga}' ${what}`, { fields: { saga }, hint });
}
