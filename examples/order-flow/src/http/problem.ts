import type { HttpResponse } from '@backstitch/idempotency';

/** One thing that is wrong with a request. */
export interface FieldProblem {
  /** JSON pointer into the body: `/items/0/quantity`. */
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemDetails {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
}

/** RFC 9457: `application/problem+json`. */
export function problem(details: ProblemDetails): HttpResponse {
  return {
    status: details.status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', ...details }),
  };
}
