import { describe, expect, it } from 'vitest';
import { delimitedColumns } from '../src/delimited-columns.js';

describe('columns as one text each', () => {
  it.each([
    [
      [
        ['a', 'b'],
        ['', ''],
      ],
    ],
    [[['\u001e'], ['b']]],
    [
      [
        ['a\u001e\u001f\u001eb', '\u001e'],
        ['\u001f', '\u001e\u001f\u001e\u001f\u001e'],
      ],
    ],
    [
      [
        ['\u001f', 'x'],
        ['y', '\u001f'],
      ],
    ],
    [
      [
        ['a\u001e\u001f', 'b'],
        ['\u001e1', '\u001f'],
      ],
    ],
    [
      [
        ['\u001e1\u001f', '\u001e2\u001f'],
        ['\u001e', '\u001e3'],
      ],
    ],
  ])('are split into what was joined, whatever separators the values hold: %j', (columns) => {
    const joined = delimitedColumns(columns);
    expect(joined.columns.map((text) => text.split(joined.separator))).toEqual(columns);
  });
});
