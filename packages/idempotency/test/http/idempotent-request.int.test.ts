import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import type { Sql } from '@backstitch/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotency, type HttpResponse, type Idempotency, type RequestOptions } from '../../src/index.js';
import { drivers, effects, freshTables } from '../drivers.js';
import { signal } from '../signal.js';

let server: TestDatabase;
beforeAll(async () => {
  server = await testDatabase();
});
afterAll(() => server.drop());

const request: RequestOptions = {
  principal: 'alice',
  method: 'POST',
  route: '/orders',
  key: 'k-1',
  body: { item: 'book' },
};
const created: HttpResponse = {
  status: 201,
  headers: {
    Location: '/orders/o-1',
    'Set-Cookie': ['a=1', 'b=2'],
    Date: 'Sun, 22 Nov 2026 17:00:00 GMT',
    'Content-Length': '12',
  },
  body: '{"id":"o-1"}',
};

describe.each(drivers)('an idempotent request over $name', (driver) => {
  let open: ReturnType<typeof driver.open>;
  let idempotency: Idempotency<unknown>;
  beforeEach(async () => {
    open = driver.open(server.url);
    idempotency = createIdempotency({ database: open.database });
    await freshTables(open.database);
  });
  afterEach(() => open.close());

  const send = (options: RequestOptions, handler: (sql: Sql) => Promise<HttpResponse> = async () => created) =>
    open.database.transaction((trx, sql) =>
      idempotency.idempotentRequest(trx, options, async () => {
        await sql.query("insert into effect (name) values ('ran')");
        return handler(sql);
      }),
    );
  const problemOf = (response: HttpResponse) => ({
    ...(JSON.parse(String(response.body)) as object),
    contentType: response.headers?.['content-type'],
    httpStatus: response.status,
  });

  it('replays status, headers and body, marked, and without the headers that spoke of the first message', async () => {
    expect(await send(request)).toEqual({ kind: 'fresh', response: created });
    expect(await send({ ...request, method: 'post', body: { item: 'book' } })).toEqual({
      kind: 'replayed',
      response: {
        status: 201,
        headers: { Location: '/orders/o-1', 'Set-Cookie': ['a=1', 'b=2'], 'idempotency-replayed': 'true' },
        body: '{"id":"o-1"}',
      },
    });
    expect(await effects(open.database)).toEqual(['ran']);
  });

  it('replays a refusal of the application, and an answer without a body', async () => {
    const refused: HttpResponse = { status: 404, headers: {} };
    await send(request, async () => refused);
    expect(await send(request)).toEqual({
      kind: 'replayed',
      response: { status: 404, headers: { 'idempotency-replayed': 'true' } },
    });
  });

  it('never replays a header of one hop, nor one that Connection names', async () => {
    const hop = ['Keep-Alive', 'Proxy-Authenticate', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade', 'X-Own'];
    const headers = { Connection: 'close, x-own', ...Object.fromEntries(hop.map((name) => [name, 'x'])), ETag: '"1"' };
    await send(request, async () => ({ status: 200, headers }));
    const { response } = await send(request);
    expect(response.headers).toEqual({ ETag: '"1"', 'idempotency-replayed': 'true' });
  });

  it.each([
    ['bytes that are no text', Uint8Array.of(0, 255, 0xc3)],
    ['an empty array of bytes', new Uint8Array()],
    ['a text with NUL', 'a\0b'],
    ['a byte order mark', '\ufeffa'],
    ['an empty text', ''],
  ])('replays %s to the byte', async (_what, body) => {
    await send(request, async () => ({ status: 200, body }));
    const { kind, response } = await send(request);
    expect(kind).toBe('replayed');
    expect(Buffer.from(response.body as string)).toEqual(Buffer.from(body as string));
  });

  it('tells a query with a body from a body that spells both', async () => {
    await send({ ...request, query: 'a=1', body: { b: 1 } });
    const spelled = { ...request, body: { query: 'a=1', body: { b: 1 } } };
    expect(await send(spelled)).toMatchObject({ response: { status: 422 } });
  });

  it('runs a request without a key where the service allows it, and stores nothing', async () => {
    const { key: _key, ...keyless } = request;
    const ask = (response: HttpResponse) =>
      idempotency.exchange({ ...keyless, key: undefined, missingKey: 'run' }, async (trx) => {
        await open.database.within(trx).query("insert into effect (name) values ('keyless')");
        return response;
      });
    expect(await ask(created)).toEqual({ kind: 'fresh', response: created });
    expect(await ask(created)).toEqual({ kind: 'fresh', response: created });
    expect(await ask({ status: 503 })).toEqual({ kind: 'fresh', response: { status: 503 } });
    expect(await effects(open.database)).toEqual(['keyless', 'keyless']);
    const bad = await idempotency.exchange({ ...request, key: 'a b', missingKey: 'run' }, async () => created);
    expect(bad).toMatchObject({ kind: 'refused', response: { status: 400 } });
  });

  it.each([
    ['principal', { principal: 'bob' }],
    ['method', { method: 'PATCH' }],
    ['route', { route: '/payments' }],
    ['key', { key: 'k-2' }],
  ])('keeps requests of another %s apart', async (_what, other) => {
    await send(request);
    expect(await send({ ...request, ...other })).toMatchObject({ kind: 'fresh' });
  });

  it('takes the quoted and the bare key for the same', async () => {
    await send(request);
    expect(await send({ ...request, key: ['"k-1"'] })).toMatchObject({ kind: 'replayed' });
  });

  it.each([
    [undefined, 'KEY_MISSING'],
    ['""', 'KEY_MISSING'],
    ['a, b', 'KEY_INVALID'],
    ['x'.repeat(256), 'KEY_INVALID'],
    [['a', 'b'], 'KEY_INVALID'],
  ])('answers 400 to the key %j', async (key, code) => {
    const { kind, response } = await send({ ...request, key });
    expect(kind).toBe('refused');
    expect(problemOf(response)).toMatchObject({
      status: 400,
      httpStatus: 400,
      code,
      contentType: 'application/problem+json',
    });
    expect(await effects(open.database)).toEqual([]);
  });

  it('answers 422 to the same key with another body', async () => {
    await send(request);
    const { kind, response } = await send({ ...request, body: { item: 'pen' } });
    expect(kind).toBe('refused');
    expect(problemOf(response)).toMatchObject({ status: 422, code: 'KEY_REUSED' });
    expect(response.body).not.toContain('alice');
  });

  it('takes a route however long, and tells long ones apart', async () => {
    const long = { ...request, route: `/${'x'.repeat(5000)}` };
    await send(long);
    expect(await send(long)).toMatchObject({ kind: 'replayed' });
    expect(await send({ ...long, route: `${long.route}y` })).toMatchObject({ kind: 'fresh' });
  });

  it('keeps the requests of two tenants apart', async () => {
    await send({ ...request, tenant: 'a' });
    expect(await send({ ...request, tenant: 'b' })).toMatchObject({ kind: 'fresh' });
    expect(await send({ ...request, tenant: 'a' })).toMatchObject({ kind: 'replayed' });
  });

  it('tells a request without a body from one with a body', async () => {
    await send({ ...request, body: undefined });
    expect(await send({ ...request, body: {} })).toMatchObject({ kind: 'refused', response: { status: 422 } });
    expect(await send({ ...request, body: undefined })).toMatchObject({ kind: 'replayed' });
  });

  it('answers 409 while the same request is in flight, and the transaction goes on', async () => {
    const gate = signal();
    const running = signal();
    const first = send(request, async () => {
      running.resolve();
      await gate.promise;
      return created;
    });
    await running.promise;
    const { kind, response } = await send({ ...request, lockTimeoutMs: 20 });
    expect(kind).toBe('refused');
    expect(problemOf(response)).toMatchObject({ status: 409, code: 'KEY_IN_FLIGHT' });
    expect(response.headers).toMatchObject({ 'retry-after': '1' });
    gate.resolve();
    expect(await first).toMatchObject({ kind: 'fresh' });
  });

  it.each([500, 503, 429, 408, 425])('does not store a %i, and undoes what the handler wrote', async (status) => {
    const busy: HttpResponse = { status, body: 'not now' };
    expect(await send(request, async () => busy)).toEqual({ kind: 'fresh', response: busy });
    expect(await effects(open.database)).toEqual([]);
    expect(await send(request)).toEqual({ kind: 'fresh', response: created });
  });

  it('rethrows what the handler threw, and frees the key', async () => {
    const bug = new Error('bug');
    await expect(send(request, () => Promise.reject(bug))).rejects.toBe(bug);
    expect(await send(request)).toMatchObject({ kind: 'fresh' });
  });

  it("passes on the trouble of a key of the handler's own", async () => {
    const own = { scope: 'own', key: 'own' };
    await open.database.transaction((trx) => idempotency.once(trx, { ...own, fingerprint: 1 }, async () => 1));
    const running = open.database.transaction((trx) =>
      idempotency.idempotentRequest(trx, request, async () => {
        await idempotency.once(trx, { ...own, fingerprint: 2 }, async () => 2);
        return created;
      }),
    );
    await expect(running).rejects.toMatchObject({ code: 'KEY_REUSED', fields: own });
  });

  it.each([
    ['a body over 1 MiB', { status: 200, body: 'x'.repeat(1024 * 1024 + 1) }],
    ['bytes over 1 MiB', { status: 200, body: new Uint8Array(1024 * 1024 + 1) }],
    ['a status that is no final answer', { status: 101 }],
  ])('refuses %s, and leaves nothing', async (_what, response) => {
    await expect(send(request, async () => response)).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
    expect(await effects(open.database)).toEqual([]);
  });
});
