/** Numbers a statement's values as its text is put together. */
export interface Parameters {
  readonly values: unknown[];
  /** Answers the place of the value: `$1`, `$2`. */
  bind(value: unknown): string;
}

export function parameters(): Parameters {
  const values: unknown[] = [];
  return { values, bind: (value) => `$${values.push(value)}` };
}
