import { toJsonText } from './json-text.js';
import type { StoredResponse } from './keys/key-claim.js';
import { decodeResult, encodeResult, type ResultShape } from './result-shape.js';

/** What to answer now and what to store of the work's value. A schema is asked at once: a result that breaks it must not be stored. */
export async function storedResult(
  shape: ResultShape,
  value: unknown,
): Promise<{ readonly value: unknown; readonly response: StoredResponse }> {
  const data = toJsonText(encodeResult(shape, value));
  const answered = shape.kind === 'schema' ? await decodeResult(shape, fromJsonText(data)) : value;
  return { value: answered, response: { data, headers: null, status: null } };
}

export function replayedResult(shape: ResultShape, response: StoredResponse): Promise<unknown> {
  return decodeResult(shape, fromJsonText(response.data));
}

function fromJsonText(text: string | null): unknown {
  return text === null ? undefined : (JSON.parse(text) as unknown);
}
