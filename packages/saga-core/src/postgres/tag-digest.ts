import { createHash } from 'node:crypto';

/** What `saga_tags.tag` holds, as the text of a UUID. */
export function tagDigest({ name, value }: { readonly name: string; readonly value: string }): string {
  return createHash('sha256').update(`${name}\u001f${value}`).digest('hex').slice(0, 32);
}
