import { foundText } from './found-text.js';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { MessagingError } from './errors.js';

export interface ReplyTokenKey {
  /** Stands in the token, so that a rotated key is still found. 1 to 32 of `A-Z a-z 0-9 _ -`. */
  readonly id: string;
  /** At least 16 bytes; 32 random ones are right. */
  readonly secret: string | Uint8Array;
}

/** Tokens are issued under `current`. During a rotation those of `previous` are still accepted. */
export interface ReplyTokenKeys {
  readonly current: ReplyTokenKey;
  readonly previous?: ReplyTokenKey;
}

/** What a token vouches for: this installation did issue this command. */
export interface ReplyTokenSubject {
  readonly commandId: string;
  readonly installation: string;
}

const keyIdPattern = /^[A-Za-z0-9_-]{1,32}$/;
const leastSecretBytes = 16;
const version = 'v1';

/**
 * `v1.<key id>.<HMAC-SHA-256, base64url>`. Nothing is stored, and a resend carries the same token.
 *
 * @throws MessagingError OPTIONS_INVALID for a key id or secret that is not usable, and for two keys of one id.
 */
export function issueReplyToken(keys: ReplyTokenKeys, subject: ReplyTokenSubject): string {
  checkKeys(keys);
  return tokenUnder(keys.current, subject);
}

/** True where the token was issued for this subject under one of the keys. Constant time over the token; never throws on garbage. */
export function verifyReplyToken(keys: ReplyTokenKeys, token: string, subject: ReplyTokenSubject): boolean {
  const [, keyId] = typeof token === 'string' ? token.split('.', 3) : [];
  const key = [keys.current, keys.previous].find((candidate) => candidate !== undefined && candidate.id === keyId);
  if (!key) return false;
  // Compared as text: base64url has several spellings of the same bytes, and only one is ours.
  const expected = Buffer.from(tokenUnder(key, subject));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function tokenUnder(key: ReplyTokenKey, { commandId, installation }: ReplyTokenSubject): string {
  // As JSON: no pair of values reads like another pair. The prefix keeps this use of the key apart from any other.
  const mac = createHmac('sha256', key.secret).update(
    `backstitch reply token ${JSON.stringify([commandId, installation])}`,
  );
  return `${version}.${key.id}.${mac.digest('base64url')}`;
}

function checkKeys({ current, previous }: ReplyTokenKeys): void {
  checkKey('current', current);
  if (previous === undefined) return;
  checkKey('previous', previous);
  // The id in a token is how its key is found: the tokens of the older one would be refused without a word.
  if (previous.id !== current.id) return;
  throw new MessagingError('OPTIONS_INVALID', `reply token keys: previous.id is that of the current key`, {
    fields: { field: 'previous.id', found: previous.id },
    hint: 'Give each key an id of its own.',
  });
}

function checkKey(field: string, key: ReplyTokenKey): void {
  if (!keyIdPattern.test(key.id)) {
    throw new MessagingError('OPTIONS_INVALID', `reply token keys: ${field}.id is ${foundText(key.id)}`, {
      fields: { field: `${field}.id`, found: key.id },
      hint: 'Use 1 to 32 letters, digits, "_" or "-".',
    });
  }
  const bytes = Buffer.byteLength(key.secret);
  if (bytes < leastSecretBytes) {
    throw new MessagingError('OPTIONS_INVALID', `reply token keys: ${field}.secret has ${bytes} bytes`, {
      fields: { field: `${field}.secret`, found: bytes },
      hint: `Give at least ${leastSecretBytes} bytes, better 32 random ones.`,
    });
  }
}
