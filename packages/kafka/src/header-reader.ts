/** What is used of kafkajs' `Decoder`: a cursor over the bytes of one record. */
export interface RecordCursor {
  readonly buffer: Uint8Array;
  offset: number;
  readVarInt(): number;
  readVarIntString(): string | null;
  readVarIntBytes(): Buffer | null;
}

/** As kafkajs gives them: a name that came twice holds a list. */
export type WireHeaders = Record<string, Buffer | null | (Buffer | null)[]>;

/**
 * Most headers that are decoded of one record. Beyond any honest use, and the end of what a hostile record can cost: kafkajs' own reader
 * copies all earlier headers for each further one, so that 20,000 of them (135 KiB) block the process for a minute.
 */
export const maxDecodedHeaders = 1024;

/** Set on headers of which not all were decoded, to the reason. Registered, so that two copies of this package understand each other. */
const cutMark = Symbol.for('@backstitch/kafka/headers-cut');

/** Why the headers are not complete; undefined where they are. */
export function headersCut(headers: object): string | undefined {
  const reason: unknown = Reflect.get(headers, cutMark);
  return typeof reason === 'string' ? reason : undefined;
}

/** Reads the header list at the cursor in one pass over its bytes. */
export function readHeaders(cursor: RecordCursor): WireHeaders {
  const headers: WireHeaders = {};
  const announced = cursor.readVarInt();
  const decoded = Math.min(announced, maxDecodedHeaders);
  for (let read = 0; read < decoded; read++) {
    // The announced count is the sender's word: without this a count of 2^31 would read past the end for minutes.
    if (cursor.offset >= cursor.buffer.length) {
      mark(headers, `${announced} headers are announced, ${read} are there`);
      return headers;
    }
    const name = cursor.readVarIntString();
    addOwn(headers, String(name), cursor.readVarIntBytes());
  }
  if (announced > decoded) mark(headers, `${announced} headers`);
  return headers;
}

/** An own property, whatever the name: assigning `__proto__` would set the prototype, reading `constructor` would find it. */
function addOwn(headers: WireHeaders, name: string, value: Buffer | null): void {
  const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (Array.isArray(before)) {
    before.push(value);
    return;
  }
  Object.defineProperty(headers, name, {
    value: before === undefined ? value : [before, value],
    configurable: true,
    enumerable: true,
    writable: true,
  });
}

function mark(headers: WireHeaders, reason: string): void {
  Object.defineProperty(headers, cutMark, { value: reason });
}
