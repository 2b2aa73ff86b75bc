import { expect, it } from 'vitest';
import { matchRoute, type Route } from '../../src/http/route.js';

const handle = async () => ({ status: 200 });
const routes: readonly Route[] = [
  { method: 'POST', path: '/orders', handle },
  { method: 'GET', path: '/orders/:id', handle },
];

it('finds a route and decodes what stands in its path', () => {
  expect(matchRoute(routes, 'GET', '/orders/a%20b')).toMatchObject({ kind: 'found', params: { id: 'a b' } });
});

it('tells an unknown path from a method that is not allowed', () => {
  expect(matchRoute(routes, 'GET', '/carts')).toEqual({ kind: 'no such path' });
  expect(matchRoute(routes, 'GET', '/orders/a/b')).toEqual({ kind: 'no such path' });
  expect(matchRoute(routes, 'DELETE', '/orders/1')).toEqual({ kind: 'no such method', allowed: ['GET'] });
});

it('knows no path whose escapes are broken', () => {
  expect(matchRoute(routes, 'GET', '/orders/%ff')).toEqual({ kind: 'no such path' });
});
