import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotency, type Idempotency } from '../../../src/index.js';
import { type Driver, effects, freshTables, pgDriver, somebodyWaits } from '../../drivers.js';
import { answers, type RunningServer } from './answers.js';
import { frameworks } from './framework.js';
import { hangUp, rawPost, startPost } from './raw-client.js';

let database: TestDatabase;
let open: ReturnType<Driver<unknown>['open']>;
let idempotency: Idempotency<unknown>;
beforeAll(async () => {
  database = await testDatabase();
  open = (pgDriver as Driver<unknown>).open(database.url, 10);
  idempotency = createIdempotency({ database: open.database });
});
afterAll(async () => {
  await open.close();
  await database.drop();
});

/** Who inserts an effect waits at its COMMIT for lock 7. */
const holdCommitsSql = `
  create or replace function wait_for_test() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(7); return null; end $$;
  create constraint trigger waits after insert on effect deferrable initially deferred
    for each row execute function wait_for_test()`;

describe.each(frameworks)('Idempotency-Key over $name', (framework) => {
  let server: RunningServer;
  let requests = 0;
  let looks = 0;
  beforeAll(async () => {
    server = await framework.start({
      database: open.database,
      idempotency,
      answers,
      handlerTimeoutMs: 2000,
      requestId: () => String(++requests),
      look: () => ++looks,
    });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    await freshTables(open.database);
    await open.database.sql.query(
      'drop table if exists doomed; create table doomed (n int unique deferrable initially deferred)',
    );
  });

  interface Sent {
    readonly key?: string;
    readonly user?: string;
    readonly body?: string;
    readonly type?: string;
  }
  const post = (path: string, { key = '"k-1"', user = 'alice', body = '{"item":"book"}', type }: Sent = {}) =>
    fetch(`${server.url}/${path}`, {
      method: 'POST',
      headers: {
        ...(key === '' ? {} : { 'idempotency-key': key }),
        'x-user': user,
        'content-type': type ?? 'application/json',
      },
      body,
    });
  const read = async (response: Response) => ({
    status: response.status,
    replayed: response.headers.get('idempotency-replayed'),
    type: response.headers.get('content-type'),
    location: response.headers.get('location'),
    price: response.headers.get('x-price'),
    cookies: response.headers.getSetCookie().filter((cookie) => !cookie.startsWith('session=')),
    text: await response.text(),
  });

  it('replays status, headers and body, marked', async () => {
    const first = await read(await post('orders'));
    expect(first).toMatchObject({ status: 201, replayed: null, price: '5' });
    expect(first.cookies.map((cookie) => cookie.slice(0, 3))).toEqual(['a=1', 'b=2']);
    expect(first.location).toMatch(/^\/orders\/o-/);
    expect(JSON.parse(first.text)).toMatchObject({ user: 'alice', body: { item: 'book' } });
    expect(await read(await post('orders'))).toEqual({ ...first, replayed: 'true' });
    expect(await effects(open.database)).toEqual(['order of alice']);
  });

  it('leaves to every answer the headers that are set for every answer', async () => {
    const both = [await post('orders'), await post('orders')];
    const ids = [String(requests - 1), String(requests)];
    expect(both.map((response) => response.headers.get('x-request-id'))).toEqual(ids);
    const sessions = both.map((response) =>
      response.headers.getSetCookie().filter((cookie) => cookie.startsWith('session=')),
    );
    expect(sessions.map((cookies) => cookies.map((cookie) => cookie.split(/[=;]/)[1]))).toEqual(ids.map((id) => [id]));
  });

  it.each(['text', 'empty', 'declined', 'pieces', 'limit'])('replays the answer "%s"', async (path) => {
    const first = await read(await post(path));
    expect(await read(await post(path))).toEqual({ ...first, replayed: 'true' });
    expect(await effects(open.database)).toEqual([path]);
  });

  it('keeps letters of several bytes whole', async () => {
    await post('text');
    expect((await read(await post('text'))).text).toBe('Grüße, \u{1f44b}');
    await post('pieces');
    expect((await read(await post('pieces'))).text).toBe('one, zü');
  });

  it.each(['binary', 'nul'])('replays the bytes of "%s", which no text column holds', async (path) => {
    const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer()).toString('hex');
    const first = await post(path);
    const again = await post(path);
    const told = await bytes(first);
    expect(told).toBe(path === 'binary' ? '8950ff00c3' : '610062');
    expect(await bytes(again)).toBe(told);
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await effects(open.database)).toEqual([path]);
  });

  it('never shows one principal what another was answered', async () => {
    const ours = await read(await post('orders'));
    const theirs = await read(await post('orders', { user: 'bob' }));
    expect(theirs.replayed).toBeNull();
    expect(JSON.parse(theirs.text)).toMatchObject({ user: 'bob' });
    expect(theirs.text).not.toBe(ours.text);
    expect(await read(await post('orders', { user: 'bob' }))).toEqual({ ...theirs, replayed: 'true' });
  });

  it('refuses to keep a key under nobody', async () => {
    const response = await post('orders', { user: '' });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ code: 'PRINCIPAL_MISSING' });
  });

  it.each([
    ['no key', '', 400, 'idempotency-key-missing'],
    ['an empty key', '""', 400, 'idempotency-key-missing'],
    ['a key with a space', 'a b', 400, 'idempotency-key-invalid'],
    ['a key that is too long', 'x'.repeat(256), 400, 'idempotency-key-invalid'],
  ])('answers problem+json to %s', async (_what, key, status, type) => {
    const response = await post('orders', { key });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ type: `urn:backstitch:problem:${type}`, status });
    expect(await effects(open.database)).toEqual([]);
  });

  it('answers 422 to another body or another query under the same key, and not to another order of properties', async () => {
    await post('orders', { body: '{"item":"book","count":1}' });
    for (const other of [await post('orders'), await post('orders?coupon=1', { body: '{"item":"book","count":1}' })]) {
      expect(other.status).toBe(422);
      expect(await other.json()).toMatchObject({ type: 'urn:backstitch:problem:idempotency-key-reused' });
    }
    const same = await post('orders', { body: '{ "count": 1, "item": "book" }' });
    expect(same.headers.get('idempotency-replayed')).toBe('true');
  });

  it('sends no byte before the COMMIT, and answers 409 to the same request meanwhile', async () => {
    await open.database.sql.query(holdCommitsSql);
    let answered = false;
    let running: Promise<Response> | undefined;
    await open.database.transaction(async (_trx, sql) => {
      await sql.query('select pg_advisory_xact_lock(7)');
      running = post('orders').finally(() => {
        answered = true;
      });
      await somebodyWaits(open.database);
      const rival = await post('orders');
      expect(rival.status).toBe(409);
      expect(rival.headers.get('retry-after')).toBe('1');
      expect(await rival.json()).toMatchObject({ type: 'urn:backstitch:problem:idempotency-key-in-flight' });
      expect(answered).toBe(false);
    });
    expect((await running)?.status).toBe(201);
    expect((await post('orders')).headers.get('idempotency-replayed')).toBe('true');
    expect(await effects(open.database)).toEqual(['order of alice']);
  });

  it('runs concurrent copies of one request once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => post('orders').then(read)));
    expect(new Set(all.map(({ text }) => text)).size).toBe(1);
    expect(all.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect(await effects(open.database)).toEqual(['order of alice']);
  });

  it('neither stores a 5xx nor keeps what its handler wrote', async () => {
    expect(await read(await post('busy'))).toMatchObject({ status: 503, text: '{"busy":true}', replayed: null });
    expect(await read(await post('busy'))).toMatchObject({ status: 503, replayed: null });
    expect(await effects(open.database)).toEqual([]);
  });

  it.each([
    ['throws', 'bug', 'BUG'],
    ['answers more than 1 MiB', 'huge', 'RESPONSE_INVALID'],
    ['answers an event stream', 'events', 'RESPONSE_STREAMED'],
    ['does not answer in time', 'silent', 'HANDLER_TIMED_OUT'],
  ])(
    'rolls all back and frees the key where the handler %s',
    async (_what, path, code) => {
      // NestJS believes that it has answered: what is wrong with its answer is not a filter's any more.
      const told = framework.name.startsWith('NestJS') && code.startsWith('RESPONSE_') ? { status: 500 } : { code };
      for (const _time of ['first', 'again']) {
        const response = await post(path);
        expect(response.status).toBe(500);
        expect(await response.json()).toMatchObject(told);
        expect(response.headers.get('x-request-id')).toBe(String(requests));
      }
      expect(await effects(open.database)).toEqual([]);
      expect((await post('orders')).status).toBe(201);
    },
    20_000,
  );

  it.each(['GET', 'HEAD'])('leaves %s alone, with a key or without', async (method) => {
    const ask = (headers: Record<string, string>) =>
      fetch(`${server.url}/looks`, { method, headers: { 'x-user': 'alice', ...headers } });
    const before = looks;
    for (const headers of [{}, { 'idempotency-key': 'k-1' }, { 'idempotency-key': 'k-1' }]) {
      const response = await ask(headers as Record<string, string>);
      expect(response.status).toBe(200);
      expect(response.headers.get('idempotency-replayed')).toBeNull();
      await response.arrayBuffer();
    }
    expect(looks).toBe(before + 3);
  });

  it('takes the key quoted, as the draft has it, and bare, as Stripe has it, for one', async () => {
    await post('orders', { key: '"8e03978e-40d5-43dd-bc93-6894a57f9324"' });
    const bare = await post('orders', { key: '8e03978e-40d5-43dd-bc93-6894a57f9324' });
    expect(bare.headers.get('idempotency-replayed')).toBe('true');
    expect((await post('orders', { key: 'x'.repeat(255) })).status).toBe(201);
  });

  const rawHeaders = { 'content-type': 'application/json', 'x-user': 'alice', 'idempotency-key': 'k-1' };

  it('answers 400 to a header that came twice, and does not choose one', async () => {
    const headers = { ...rawHeaders, 'idempotency-key': ['k-1', 'k-2'] };
    const { status, body } = await rawPost(`${server.url}/orders`, { headers, body: '{}' });
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: 'KEY_INVALID' });
  });

  it('stores the answer of a client that hung up meanwhile, for its next try', async () => {
    await open.database.sql.query(holdCommitsSql);
    await open.database.transaction(async (_trx, sql) => {
      await sql.query('select pg_advisory_xact_lock(7)');
      const running = startPost(`${server.url}/orders`, { headers: rawHeaders, body: '{"item":"book"}' });
      running.end();
      await somebodyWaits(open.database);
      await hangUp(running);
    });
    // The same key waits for the transaction that is still open, and is then answered what was stored.
    const again = await post('orders', { key: 'k-1' });
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await effects(open.database)).toEqual(['order of alice']);
  });

  it('does not run where the client hung up in the middle of its body', async () => {
    const headers = { ...rawHeaders, 'content-length': '100' };
    await hangUp(startPost(`${server.url}/orders`, { headers, body: '{"item":' }));
    const whole = await post('orders', { key: 'k-1' });
    expect(whole.status).toBe(201);
    expect(whole.headers.get('idempotency-replayed')).toBeNull();
    expect(await effects(open.database)).toEqual(['order of alice']);
  });

  it('tells bodies apart that differ in __proto__ alone, and lets none into a prototype', async () => {
    const bodies = [
      '{"__proto__":{"admin":true}}',
      '{"__proto__":{"admin":false}}',
      '{"constructor":{"prototype":{"admin":1}}}',
    ];
    const replayed = [];
    for (const body of bodies) replayed.push((await post('orders', { body })).headers.get('idempotency-replayed'));
    expect(replayed).toEqual([null, null, null]);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
    // Fastify refuses such bodies by itself.
    expect((await effects(open.database)).length).toBeLessThanOrEqual(1);
  });

  it('never takes two bodies that no parser has read for the same', async () => {
    const type = 'application/x-own';
    const answers = [await post('orders', { type, body: 'one' }), await post('orders', { type, body: 'two' })];
    expect(answers[1]?.status).toBeGreaterThanOrEqual(400);
    expect(answers.map((answer) => answer.headers.get('idempotency-replayed'))).toEqual([null, null]);
    expect((await effects(open.database)).length).toBeLessThanOrEqual(1);
  });

  it('answers an error, and not what was not stored, where the COMMIT fails', async () => {
    const response = await post('doomed');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('stored":true');
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.getSetCookie().filter((cookie) => !cookie.startsWith('session='))).toEqual([]);
    expect(response.headers.get('x-request-id')).toBe(String(requests));
    expect((await post('doomed')).headers.get('idempotency-replayed')).toBeNull();
  });
});
