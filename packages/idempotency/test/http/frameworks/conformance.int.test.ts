import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createIdempotency, type Idempotency } from '../../../src/index.js';
import { type Driver, effects, freshTables, pgDriver, somebodyWaits } from '../../drivers.js';
import { answers, type RunningServer } from './answers.js';
import { frameworks } from './framework.js';

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

describe.each(frameworks)('Idempotency-Key over $name', (framework) => {
  let server: RunningServer;
  let requests = 0;
  beforeAll(async () => {
    server = await framework.start({
      database: open.database,
      idempotency,
      answers,
      handlerTimeoutMs: 2000,
      requestId: () => String(++requests),
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
    cookies: response.headers.getSetCookie().length,
    text: await response.text(),
  });

  it('replays status, headers and body, marked', async () => {
    const first = await read(await post('orders'));
    expect(first).toMatchObject({ status: 201, replayed: null, price: '5', cookies: 2 });
    expect(first.location).toMatch(/^\/orders\/o-/);
    expect(JSON.parse(first.text)).toMatchObject({ user: 'alice', body: { item: 'book' } });
    expect(await read(await post('orders'))).toEqual({ ...first, replayed: 'true' });
    expect(await effects(open.database)).toEqual(['order of alice']);
  });

  it('leaves to every answer the headers that are set for every answer', async () => {
    const ids = [await post('orders'), await post('orders')].map((response) => response.headers.get('x-request-id'));
    expect(ids).toEqual([String(requests - 1), String(requests)]);
  });

  it.each(['text', 'empty', 'declined', 'pieces'])('replays the answer "%s"', async (path) => {
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
    await open.database.sql.query(`
      create or replace function wait_for_test() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(7); return null; end $$;
      create constraint trigger waits after insert on effect deferrable initially deferred
        for each row execute function wait_for_test()`);
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
    ['answers bytes that are no text', 'binary', 'RESPONSE_INVALID'],
    ['answers an event stream', 'events', 'RESPONSE_STREAMED'],
    ['does not answer in time', 'silent', 'HANDLER_TIMED_OUT'],
  ])(
    'rolls all back and frees the key where the handler %s',
    async (_what, path, code) => {
      // NestJS believes that it has answered: what is wrong with its answer is not a filter's any more.
      const told = framework.name === 'NestJS' && code.startsWith('RESPONSE_') ? { status: 500 } : { code };
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

  it('answers an error, and not what was not stored, where the COMMIT fails', async () => {
    const response = await post('doomed');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('stored":true');
    expect(response.headers.get('x-request-id')).toBe(String(requests));
    expect((await post('doomed')).headers.get('idempotency-replayed')).toBeNull();
  });
});
