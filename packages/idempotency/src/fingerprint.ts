import { createHash, createHmac } from 'node:crypto';
import { configure } from 'safe-stable-stringify';
import { IdempotencyError } from './errors.js';

/** Keys in one order, so that the same object is the same text whoever serialised it. A ring throws instead of becoming "[Circular]". */
const stringify = configure({ deterministic: true, circularValue: Error });

/**
 * SHA-256 of a payload as 64 hexadecimal digits: bytes and strings as they are, anything else by its JSON with sorted keys. With a secret it is
 * an HMAC, so that who reads the table cannot guess payloads by trying them. `FINGERPRINT_INVALID` where the value has no JSON.
 */
export function fingerprintOf(payload: unknown, secret?: string | Uint8Array): string {
  const hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  if (payload instanceof Uint8Array) return hash.update('bytes:').update(payload).digest('hex');
  if (typeof payload === 'string') return hash.update('text:').update(payload, 'utf8').digest('hex');
  return hash.update('json:').update(textOf(payload), 'utf8').digest('hex');
}

function textOf(payload: unknown): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = stringify(payload);
  } catch (error) {
    // A ring, a throwing toJSON, or nesting so deep that the stack ends.
    cause = error;
  }
  if (text !== undefined) return text;
  throw new IdempotencyError('FINGERPRINT_INVALID', 'The payload cannot be fingerprinted: it is not JSON.', {
    cause,
    fields: { type: typeof payload },
    hint: 'Give the parsed body, a string, or bytes.',
  });
}
