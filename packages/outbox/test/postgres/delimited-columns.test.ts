import { expect, it } from 'vitest';
import { delimitedColumns } from '../../src/postgres/delimited-columns.js';

it('joins columns by a separator that no value holds', () => {
  const columns = [
    ['a', 'b\u001ec'],
    ['\u001e\u001f\u001e', ''],
  ];
  const { separator, columns: joined } = delimitedColumns(columns);
  expect(joined.map((text) => text.split(separator))).toEqual(columns);
  expect(delimitedColumns([['a'], ['b']]).separator).toBe('\u001e');
});
