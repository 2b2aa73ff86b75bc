import { describe, expect, it } from 'vitest';
import { headersCut, maxDecodedHeaders, type RecordCursor, readHeaders } from '../src/header-reader.js';

/** A cursor over given headers that counts what is decoded. One byte of the buffer stands for one header. */
function cursorOver(headers: readonly (readonly [string, string | null])[], announced = headers.length) {
  const decoded = { names: 0, values: 0 };
  const cursor: RecordCursor = {
    buffer: new Uint8Array(headers.length),
    offset: 0,
    readVarInt: () => announced,
    readVarIntString() {
      decoded.names++;
      return headers[cursor.offset]?.[0] ?? null;
    },
    readVarIntBytes() {
      decoded.values++;
      const value = headers[cursor.offset++]?.[1];
      return value === null || value === undefined ? null : Buffer.from(value);
    },
  };
  return { cursor, decoded };
}

const texts = (headers: object): [string, unknown][] =>
  Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : String(value)]);

describe('readHeaders', () => {
  it('reads each header once, however many there are', () => {
    const { cursor, decoded } = cursorOver(Array.from({ length: 20_000 }, (_, at) => [`name-${at}`, 'value']));
    const headers = readHeaders(cursor);
    expect(decoded).toEqual({ names: maxDecodedHeaders, values: maxDecodedHeaders });
    expect(Object.keys(headers)).toHaveLength(maxDecodedHeaders);
    expect(headersCut(headers)).toBe('20000 headers');
  });

  it('does not look at earlier headers again: one name 1,000 times costs 1,000 reads', () => {
    const { cursor, decoded } = cursorOver(Array.from({ length: 1000 }, (_, at) => ['same', String(at)]));
    const headers = readHeaders(cursor);
    expect(decoded.names).toBe(1000);
    expect(headers['same']).toHaveLength(1000);
    expect(headersCut(headers)).toBeUndefined();
  });

  it('keeps names of Object.prototype as own properties and leaves every prototype alone', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
    const headers = readHeaders(cursorOver(names.map((name) => [name, `of ${name}`])).cursor);
    expect(texts(headers)).toEqual(names.map((name) => [name, `of ${name}`]));
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['of']).toBeUndefined();
  });

  it('gathers values of one name, like kafkajs', () => {
    const headers = readHeaders(
      cursorOver([
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
        ['a', null],
      ]).cursor,
    );
    expect(headers['a']).toEqual([Buffer.from('1'), Buffer.from('3'), null]);
    expect(texts({ b: headers['b'] })).toEqual([['b', '2']]);
  });

  it('stops at the end of the record where more headers are announced than there are', () => {
    const { cursor, decoded } = cursorOver(
      [
        ['a', '1'],
        ['b', '2'],
      ],
      2 ** 31 - 1,
    );
    expect(headersCut(readHeaders(cursor))).toBe('2147483647 headers are announced, 2 are there');
    expect(decoded.names).toBe(2);
  });

  it('reads a missing list and an empty one as none', () => {
    expect(readHeaders(cursorOver([], -1).cursor)).toEqual({});
    expect(readHeaders(cursorOver([], 0).cursor)).toEqual({});
  });
});
