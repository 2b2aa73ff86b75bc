const longest = 200;

/** A value that an error names, whatever it is: it never throws, and is at most some 200 characters. */
export function foundText(value: unknown): string {
  const text = textOf(value);
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, longest + 1));
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'object':
      return objectText(value);
    default:
      // JSON has no NaN: it would be told as null.
      return String(value);
  }
}

function objectText(value: object | null): string {
  try {
    return JSON.stringify(value) ?? 'an object without JSON';
  } catch {
    // A cycle, a bigint within, a getter that throws, or nesting beyond the stack.
    return 'an object without JSON';
  }
}
