import { MessagingError } from './errors.js';
import { findJsonOffender, isPlain, type JsonOffender } from './json-offender.js';

/** The limits of one payload. Bytes are counted in UTF-8. */
export const payloadLimits = {
  /** Above it a payload is worth a warning: see `isLargePayload`. */
  warnBytes: 262_144,
  /** Above it a payload is refused. */
  maxBytes: 1_048_576,
  /** Arrays and objects within one another. */
  maxDepth: 64,
} as const;

export interface JsonLimits {
  /** Names the payload in errors: `request of inventory.reserve`. */
  readonly what: string;
  /** Default 1 MiB. */
  readonly maxBytes?: number;
  /** Default 64. */
  readonly maxDepth?: number;
}

export type DecodedJson =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly reason: string };

/**
 * The JSON text of a value that comes back from it as it was: no class instance, function, bigint, NaN or cycle, no text that Postgres
 * cannot hold (U+0000, lone surrogates). Properties that are `undefined` are left out, as JSON.stringify does.
 *
 * @throws MessagingError PAYLOAD_NOT_JSON, PAYLOAD_UNSTORABLE_TEXT, PAYLOAD_TOO_DEEP (each with the path as a JSON pointer), PAYLOAD_TOO_LARGE.
 */
export function encodeJson(value: unknown, limits: JsonLimits): string {
  const { what, maxBytes = payloadLimits.maxBytes, maxDepth = payloadLimits.maxDepth } = limits;
  // The look at the value comes first: JSON.stringify would overflow the stack on what is too deep, and hide what toJSON() converts.
  if (!isStorable(value, maxDepth)) {
    const offender = findJsonOffender(value, maxDepth);
    if (offender) throw refusal(offender, what, maxDepth);
  }
  const text = JSON.stringify(value);
  const bytes = bytesWhereOver(text, maxBytes);
  if (bytes > maxBytes) {
    throw new MessagingError('PAYLOAD_TOO_LARGE', `${what} has ${bytes} bytes of JSON, where ${maxBytes} are allowed`, {
      fields: { what, bytes, maxBytes },
      hint: 'Store the bulk elsewhere and send a reference to it.',
    });
  }
  // JSON.stringify escapes exactly what is not allowed, so a look at the text is enough. A literal backslash gives a false alarm.
  if (text.includes('\\u0000') || text.includes('\\ud')) {
    const offender = findJsonOffender(value, maxDepth);
    if (offender) throw refusal(offender, what, maxDepth);
  }
  return text;
}

/** The value of a JSON text from outside, under the same limits. Never throws. The reason does not quote the payload, save for keys in a path. */
export function decodeJson(text: string, limits: JsonLimits): DecodedJson {
  const { what, maxBytes = payloadLimits.maxBytes, maxDepth = payloadLimits.maxDepth } = limits;
  const bytes = bytesWhereOver(text, maxBytes);
  if (bytes > maxBytes) return invalid(`${what} has ${bytes} bytes of JSON, where ${maxBytes} are allowed`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    return invalid(`${what} is not JSON`);
  }
  if (isStorable(value, maxDepth) && !mayHoldUnstorableText(text)) return { kind: 'ok', value };
  const offender = findJsonOffender(value, maxDepth);
  return offender ? invalid(describe(offender, what, maxDepth)) : { kind: 'ok', value };
}

/** True above 256 KiB: allowed, but worth a warning by whoever sends it. */
export function isLargePayload(text: string): boolean {
  return bytesWhereOver(text, payloadLimits.warnBytes) > payloadLimits.warnBytes;
}

/** The bytes in UTF-8, counted only where the answer can matter: no UTF-16 unit takes more than three. */
function bytesWhereOver(text: string, maxBytes: number): number {
  return text.length * 3 <= maxBytes ? 0 : Buffer.byteLength(text, 'utf8');
}

/** Quick and without evidence; text is not looked at, `findJsonOffender` says what is wrong. Recursion ends at `depthLeft`. */
function isStorable(value: unknown, depthLeft: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depthLeft === 0 || !isPlain(value)) return false;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) if (!isStorable(value[at], depthLeft - 1)) return false;
    return true;
  }
  const object = value as Readonly<Record<string, unknown>>;
  for (const key in object) {
    if (key === '__proto__') return false;
    const item = object[key];
    if (item !== undefined && !isStorable(item, depthLeft - 1)) return false;
  }
  return true;
}

const suspiciousText = /\\u(?:0000|[dD][89a-fA-F])|\p{Surrogate}/u;

function mayHoldUnstorableText(text: string): boolean {
  return suspiciousText.test(text);
}

function invalid(reason: string): DecodedJson {
  return { kind: 'invalid', reason };
}

function describe(offender: JsonOffender, what: string, maxDepth: number): string {
  const place = offender.path === '' ? what : `${what} at ${offender.path}`;
  switch (offender.kind) {
    case 'deep':
      return `${place} is nested more than ${maxDepth} deep`;
    case 'not-json':
      return `${place} holds ${offender.found}`;
    case 'text':
      return `${place} has a ${offender.in} with a ${offender.found}`;
  }
}

function refusal(offender: JsonOffender, what: string, maxDepth: number): MessagingError {
  const message = describe(offender, what, maxDepth);
  const { path } = offender;
  switch (offender.kind) {
    case 'deep':
      return new MessagingError('PAYLOAD_TOO_DEEP', message, {
        fields: { what, path, maxDepth },
        hint: 'Flatten it: lists with ids in place of trees.',
      });
    case 'not-json':
      return new MessagingError('PAYLOAD_NOT_JSON', message, {
        fields: { what, path, found: offender.found },
        hint: offender.hint,
      });
    case 'text':
      return new MessagingError('PAYLOAD_UNSTORABLE_TEXT', message, {
        fields: { what, path, found: offender.found, in: offender.in },
        hint: 'Postgres cannot store it in jsonb: clean the text, or send bytes as base64.',
      });
  }
}
