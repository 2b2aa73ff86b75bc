const usualSeparator = '\u001e';

/** Columns of text as parameters for `string_to_array($n, $separator)`. */
export interface DelimitedColumns {
  readonly separator: string;
  readonly columns: readonly string[];
}

/**
 * Joins each column's values into one string. Postgres splits it faster than it parses an array literal, and node-postgres spends no time on
 * escaping: measured 135,000 against 40,000 rows a second. JSON escapes the usual separator, other text may hold it: then another one is
 * taken that no value has. None of them begins as it ends, or the end of a value could make one together with the separator behind it.
 *
 * A single empty string is split to an empty array, not to an array of one: the statement must `coalesce(value, '')`.
 */
export function delimitedColumns(columns: readonly (readonly string[])[]): DelimitedColumns {
  let separator = usualSeparator;
  const isTaken = (): boolean => columns.some((column) => column.some((value) => value.includes(separator)));
  for (let count = 1; isTaken(); count += 1) separator = `\u001e${count}\u001f`;
  return { separator, columns: columns.map((column) => column.join(separator)) };
}
