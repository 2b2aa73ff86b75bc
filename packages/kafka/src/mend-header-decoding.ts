import { createRequire } from 'node:module';
import { KafkaTransportError } from '@backstitch/kafka-driver';
import { type RecordCursor, readHeaders, type WireHeaders } from './header-reader.js';

type Decoder = new (buffer: Buffer) => RecordCursor;
type DecodeRecord = (cursor: RecordCursor, batch: object) => { readonly headers: unknown };

const mended = Symbol.for('@backstitch/kafka/linear-headers');

/**
 * Puts a linear header reader into the user's copy of kafkajs, once per copy. kafkajs captures its record decoder when it loads, but that
 * looks up `Decoder.prototype.readVarIntArray` each time and uses it for nothing but headers: there the reader goes. The change holds for
 * every consumer of that copy; well-formed records of up to 1,024 headers decode as before.
 *
 * Throws `KAFKA_CLIENT_UNSUPPORTED` where the module is not of the expected shape: reading on with the quadratic decoder would leave
 * every consumer open to one hostile record.
 */
export function mendHeaderDecoding(kafka: object): void {
  const { decoder, decodeRecord } = findDecoders(kafka);
  const prototype: object = decoder.prototype;
  const present: unknown = Reflect.get(prototype, 'readVarIntArray');
  if (typeof present !== 'function') throw unsupported('its Decoder has no readVarIntArray');
  if (Reflect.get(present, mended) === true) return;
  const readVarIntArray = function (this: RecordCursor): { reduce(): WireHeaders } {
    const headers = readHeaders(this);
    // The record decoder folds the list with `reduce`; the fold is what is quadratic, so it gets the answer instead.
    return { reduce: () => headers };
  };
  Object.defineProperty(readVarIntArray, mended, { value: true });
  Object.defineProperty(prototype, 'readVarIntArray', { value: readVarIntArray, configurable: true, writable: true });
  if (!decodesAsExpected(decoder, decodeRecord)) {
    Object.defineProperty(prototype, 'readVarIntArray', { value: present, configurable: true, writable: true });
    throw unsupported('its record decoder does not read headers through readVarIntArray');
  }
}

/** Finds the modules of the very copy that made `kafka`: another copy's decoder would be mended in vain. */
function findDecoders(kafka: object): { decoder: Decoder; decodeRecord: DecodeRecord } {
  const loaded = createRequire(import.meta.url).cache;
  const makers = new Set<unknown>();
  for (
    let at: unknown = Object.getPrototypeOf(kafka);
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    makers.add(Reflect.get(at as object, 'constructor'));
  }
  for (const module of Object.values(loaded)) {
    if (module === undefined || typeof module.exports !== 'function' || !makers.has(module.exports)) continue;
    // Required and not looked up: kafkajs itself loads its protocol only when it is used.
    const requireBeside = createRequire(module.filename);
    return {
      decoder: requireFunction<Decoder>(requireBeside, './protocol/decoder.js'),
      decodeRecord: requireFunction<DecodeRecord>(requireBeside, './protocol/recordBatch/record/v0/decoder.js'),
    };
  }
  throw unsupported('its class is not among the loaded CommonJS modules');
}

function requireFunction<T>(requireBeside: NodeJS.Require, path: string): T {
  let found: unknown;
  try {
    found = requireBeside(path);
  } catch (error) {
    throw unsupported(`it has no ${path}`, error);
  }
  if (typeof found !== 'function') throw unsupported(`its ${path} is no function`);
  return found as T;
}

/** Decodes a record by hand with the names that kafkajs gets wrong. */
function decodesAsExpected(decoder: Decoder, decodeRecord: DecodeRecord): boolean {
  const pair = (name: string, value: string): number[] => [
    name.length * 2,
    ...Buffer.from(name),
    value.length * 2,
    ...Buffer.from(value),
  ];
  // Attributes, timestamp and offset deltas, no key, no value, three headers; lengths are zigzag varints.
  const bytes = Buffer.from([
    0,
    0,
    0,
    1,
    1,
    6,
    ...pair('constructor', 'a'),
    ...pair('__proto__', 'b'),
    ...pair('__proto__', 'c'),
  ]);
  try {
    const { headers } = decodeRecord(new decoder(bytes), { firstOffset: '0', firstTimestamp: '0' });
    if (typeof headers !== 'object' || headers === null) return false;
    const entries = Object.entries(headers).map(([name, value]) => `${name}=${String(value)}`);
    return entries.join(' ') === 'constructor=a __proto__=b,c';
  } catch {
    return false;
  }
}

function unsupported(found: string, cause?: unknown): KafkaTransportError {
  return new KafkaTransportError('KAFKA_CLIENT_UNSUPPORTED', `this kafkajs is not known to be safe: ${found}`, {
    cause,
    fields: { found },
    hint: 'Use kafkajs 2.2.4, installed as a package and not bundled, and give the Kafka instance itself, not a proxy of it.',
  });
}
