import type { HttpResponse } from '@backstitch/idempotency';

export interface RouteRequest {
  /** What stood in the path's `:name` places, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** `/orders/:id`. */
  readonly path: string;
  readonly handle: (request: RouteRequest) => Promise<HttpResponse>;
}

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'no such path' }
  | { readonly kind: 'no such method'; readonly allowed: readonly string[] };

export function matchRoute(routes: readonly Route[], method: string, pathname: string): RouteMatch {
  const allowed: string[] = [];
  for (const route of routes) {
    const params = paramsOf(route.path, pathname);
    if (params === undefined) continue;
    if (route.method === method) return { kind: 'found', route, params };
    allowed.push(route.method);
  }
  return allowed.length === 0 ? { kind: 'no such path' } : { kind: 'no such method', allowed };
}

function paramsOf(path: string, pathname: string): Readonly<Record<string, string>> | undefined {
  const expected = path.split('/');
  const found = pathname.split('/');
  if (expected.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const text = decoded(found[index] ?? '');
    if (text === undefined || (!part.startsWith(':') && part !== text)) return undefined;
    if (part.startsWith(':')) params[part.slice(1)] = text;
  }
  return params;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
