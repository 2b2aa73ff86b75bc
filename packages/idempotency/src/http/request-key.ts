/** Of the header's value. Quoted (`"8e03978e"`, as the IETF draft has it) and bare are the same key. */
export type RequestKey =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'invalid'; readonly reason: string };

/** RFC 9110, 9.2.1. What only reads needs no key, and is not stored. */
export function isSafeMethod(method: string): boolean {
  return /^(?:get|head|options|trace)$/i.test(method);
}

const maxLength = 255;
/** What a structured string may hold, without spaces and commas: Node joins a header that came twice with `, `. */
const keyText = /^[!#-+\--[\]-~]+$/;
const quoted = /^"(.*)"$/;

export function requestKey(header: string | readonly string[] | undefined): RequestKey {
  if (header === undefined) return { kind: 'missing' };
  if (typeof header !== 'string') {
    const [first, ...rest] = header;
    return rest.length === 0 ? requestKey(first) : { kind: 'invalid', reason: 'the header came more than once' };
  }
  const trimmed = header.trim();
  const key = quoted.exec(trimmed)?.[1] ?? trimmed;
  if (key === '') return { kind: 'missing' };
  if (key.length > maxLength) return { kind: 'invalid', reason: `it has more than ${maxLength} characters` };
  if (!keyText.test(key))
    return { kind: 'invalid', reason: 'it holds a character other than visible ASCII, or a comma, quote or backslash' };
  return { kind: 'key', key };
}
