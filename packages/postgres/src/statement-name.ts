import { createHash } from 'node:crypto';

/** The library's own texts are a few hundred; whoever builds texts by hand must not fill memory, here or in Postgres. */
const mostNames = 1_000;
const names = new Map<string, string>();

/** The name under which a text is prepared, the same in every process. `undefined` once there are too many. */
export function statementName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= mostNames) return known;
  const name = `backstitch_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  names.set(text, name);
  return name;
}
