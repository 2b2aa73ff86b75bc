import { foundText } from '@backstitch/messaging';
import { SagaError } from '../errors.js';

const longestKey = 255;

/** What a start says besides its input, as a caller without types may give it. Throws `OPTION_INVALID`, which names the field. */
export function checkStartOptions({
  idempotencyKey,
  tags,
}: {
  readonly idempotencyKey: unknown;
  readonly tags: unknown;
}): { readonly startKey: string | null; readonly tags: Readonly<Record<string, string>> } {
  return { startKey: checkKey(idempotencyKey), tags: checkTags(tags) };
}

function checkKey(key: unknown): string | null {
  if (key === undefined || key === null) return null;
  if (typeof key === 'string' && key.length > 0 && key.length <= longestKey) return key;
  throw invalid('idempotencyKey', key, `give a string of 1 to ${longestKey} characters, such as an order number`);
}

function checkTags(tags: unknown): Readonly<Record<string, string>> {
  if (tags === undefined || tags === null) return {};
  if (typeof tags !== 'object' || Array.isArray(tags)) {
    throw invalid('tags', tags, "give an object of strings, such as { customer: 'c-1' }");
  }
  for (const [name, value] of Object.entries(tags)) {
    if (typeof value !== 'string') {
      throw invalid(`tags.${name}`, value, 'give a string, or leave the tag out');
    }
  }
  return tags as Readonly<Record<string, string>>;
}

function invalid(field: string, value: unknown, hint: string): SagaError {
  return new SagaError('OPTION_INVALID', `${field} is ${foundText(value)}`, {
    fields: { field, found: foundText(value) },
    hint,
  });
}
