import { expect, it } from 'vitest';
import { type AdapterOptions, exchangeOptions, type RequestParts } from '../../src/http/adapter-options.js';

const options: AdapterOptions<unknown, { readonly user?: string }> = {
  idempotency: { exchange: () => Promise.reject(new Error('never called')) },
  principal: ({ user }) => user ?? '',
};
const parts: RequestParts = {
  method: 'POST',
  url: '/orders/1/payments?a=1?b=2',
  headers: { 'idempotency-key': 'k-1', 'content-length': '2' },
  body: {},
};

it('keeps path and query apart', () => {
  expect(exchangeOptions(options, { user: 'alice' }, parts)).toEqual({
    principal: 'alice',
    method: 'POST',
    route: '/orders/1/payments',
    query: 'a=1?b=2',
    key: 'k-1',
    body: {},
  });
});

it('hands on what the adapter was made with', () => {
  const limits = { ttlMs: 1, lockTimeoutMs: 2, handlerTimeoutMs: 3 };
  const made = { ...options, ...limits, tenant: () => 'shop-1' };
  expect(exchangeOptions(made, { user: 'alice' }, parts)).toMatchObject({ ...limits, tenant: 'shop-1' });
});

it('refuses a request of nobody', () => {
  expect(() => exchangeOptions(options, {}, parts)).toThrowError(
    expect.objectContaining({ code: 'PRINCIPAL_MISSING' }),
  );
});

it.each([{ 'content-length': '2' }, { 'transfer-encoding': 'chunked' }])(
  'refuses a body that nothing has parsed: %j',
  (headers) => {
    const unparsed = { ...parts, headers, body: undefined };
    const refused = expect.objectContaining({ code: 'BODY_NOT_PARSED' });
    expect(() => exchangeOptions(options, { user: 'alice' }, unparsed)).toThrowError(refused);
  },
);

it.each([{}, { 'content-length': '0' }])('takes a request without a body: %j', (headers) => {
  expect(exchangeOptions(options, { user: 'alice' }, { ...parts, headers, body: undefined })).toMatchObject({
    principal: 'alice',
  });
});
