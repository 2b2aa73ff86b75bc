import { IdempotencyError } from './errors.js';

const maxDepth = 64;

/**
 * The value as JSON text; null where it is undefined (work that answers nothing). Refuses what JSON would change on the way, because then a
 * replay would answer something else than the first run did: dates, maps, class instances, NaN, bigint, functions (`RESULT_NOT_JSON`, with the path).
 * A property that is undefined is left out.
 */
export function toJsonText(value: unknown): string | null {
  if (value === undefined) return null;
  refuseOther(value, []);
  return JSON.stringify(value);
}

function refuseOther(value: unknown, path: readonly (string | number)[]): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return;
  if (typeof value !== 'object') throw notJson(path, typeof value);
  // A ring ends here as well.
  if (path.length >= maxDepth) throw notJson(path, `nested deeper than ${maxDepth}`);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) refuseOther(item, [...path, index]);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) {
    throw notJson(path, (prototype as { constructor?: { name?: string } } | null)?.constructor?.name ?? 'object');
  }
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) refuseOther(item, [...path, name]);
  }
}

function notJson(path: readonly (string | number)[], found: string): IdempotencyError {
  return new IdempotencyError('RESULT_NOT_JSON', 'The result is not JSON and could not be replayed as it is.', {
    fields: { path: path.join('.'), found },
    hint: 'Return plain JSON, or give a codec as `result` that says how to store the value and read it back.',
  });
}
