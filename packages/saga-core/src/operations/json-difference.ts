import { isDeepStrictEqual } from 'node:util';

/** One place at which two JSON values differ. `undefined`: it is not there. */
export interface JsonDifference {
  /** A JSON Pointer; empty for the whole. */
  readonly path: string;
  readonly recorded: unknown;
  readonly now: unknown;
}

/** Where they differ, at most `limit` places, the shallowest object that differs as a whole apart. */
export function jsonDifferences(recorded: unknown, now: unknown, limit = 20): readonly JsonDifference[] {
  const found: JsonDifference[] = [];
  const compare = (one: unknown, other: unknown, path: string): void => {
    if (found.length >= limit || isDeepStrictEqual(one, other)) return;
    if (!isContainer(one) || !isContainer(other) || Array.isArray(one) !== Array.isArray(other)) {
      found.push({ path, recorded: one, now: other });
      return;
    }
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const below = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      compare(
        Object.hasOwn(one, key) ? one[key] : undefined,
        Object.hasOwn(other, key) ? other[key] : undefined,
        below,
      );
    }
  };
  compare(recorded, now, '');
  return found;
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** What JSON makes of a value: what an author's function answers now has to be compared as it would have been stored. */
export function asJson(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
