import type { HttpResponse } from './http-response.js';

/** Why a request was refused before its handler ran. */
export type Refusal =
  | { readonly kind: 'missing' }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'in-flight' }
  | { readonly kind: 'reused' };

/** What the types of problems begin with where the application names nothing of its own. */
export const defaultProblemTypeBase = 'urn:backstitch:problem:';

/** RFC 9457, with the statuses of the IETF draft "The Idempotency-Key HTTP Header Field", section 2.7. */
export function problem(refusal: Refusal, typeBase: string): HttpResponse {
  switch (refusal.kind) {
    case 'missing':
      return toResponse(typeBase, {
        status: 400,
        type: 'idempotency-key-missing',
        code: 'KEY_MISSING',
        title: 'Idempotency-Key is missing',
        detail: 'This operation needs the header Idempotency-Key.',
      });
    case 'invalid':
      return toResponse(typeBase, {
        status: 400,
        type: 'idempotency-key-invalid',
        code: 'KEY_INVALID',
        title: 'Idempotency-Key is not valid',
        detail: `The header cannot be used: ${refusal.reason}.`,
      });
    case 'in-flight':
      return toResponse(typeBase, {
        status: 409,
        type: 'idempotency-key-in-flight',
        code: 'KEY_IN_FLIGHT',
        title: 'A request is outstanding for this Idempotency-Key',
        detail: 'The same request is under way. Try again shortly for its answer.',
        headers: { 'retry-after': '1' },
      });
    case 'reused':
      return toResponse(typeBase, {
        status: 422,
        type: 'idempotency-key-reused',
        code: 'KEY_REUSED',
        title: 'Idempotency-Key is already used',
        detail: 'The key was used with another payload. Take a new key for a new operation.',
      });
  }
}

interface Problem {
  /** The end of its `type`. */
  readonly type: string;
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function toResponse(typeBase: string, { headers, type, ...members }: Problem): HttpResponse {
  return {
    status: members.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: `${typeBase}${type}`, ...members }),
  };
}
