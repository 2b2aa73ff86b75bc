import type { HttpResponse } from '@backstitch/idempotency';
import { validate } from '@backstitch/messaging';
import type { z } from 'zod';
import { problem } from './problem.js';

export type ParsedBody<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

/** The body by its schema, or a 400 that names every field that does not fit. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): ParsedBody<z.infer<Schema>> {
  const checked = validate(schema, body);
  if (checked.kind === 'valid') return { kind: 'valid', value: checked.value as z.infer<Schema> };
  const errors = checked.violations.map(({ path, message }) => ({ pointer: path, detail: message }));
  const [first] = errors;
  const response = problem({
    status: 400,
    code: 'REQUEST_INVALID',
    title: 'The request is not valid',
    detail: `${first?.pointer || 'The body'}: ${first?.detail}`,
    errors,
  });
  return { kind: 'refused', response };
}
