import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testDatabase } from '@backstitch/devkit/testing';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

// The snippets of docs/how-to/idempotent-http-requests.md, served and asked over HTTP.
const test = await testDatabase();
process.env['DATABASE_URL'] = test.url;
const setup = await import('../../../../../docs/snippets/idempotent-http-requests.js');
const apps = await import('../../../../../docs/snippets/idempotent-http-frameworks.js');
const { nestApp } = await import('../../../../../docs/snippets/idempotent-http-nestjs.js');

interface Running {
  readonly url: string;
  close(): Promise<unknown>;
}

async function listening(server: Server): Promise<Running> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const starts: Readonly<Record<string, () => Promise<Running>>> = {
  'no framework': () => listening(setup.server),
  Express: () => listening(createServer(apps.expressApp() as RequestListener)),
  async Fastify() {
    const app = apps.fastifyApp();
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  },
  Hono: () => listening(createServer(getRequestListener(apps.honoApp().fetch))),
  async NestJS() {
    const app = await nestApp();
    await app.listen(0, '127.0.0.1');
    return { url: await app.getUrl(), close: () => app.close() };
  },
};

beforeAll(async () => {
  await setup.open();
  await setup.knex.raw('create table orders (id bigint generated always as identity primary key, item text not null)');
});
beforeEach(async () => {
  await setup.knex.raw('truncate orders, backstitch.idem_keys');
});
afterAll(async () => {
  await setup.knex.destroy();
  await test.drop();
});

it.each(Object.entries(starts))('places one order for two equal requests: the page’s %s', async (_name, start) => {
  const { url, close } = await start();
  try {
    const ask = async (item: string) => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': '"o-1"', 'x-authenticated-user': 'ada' };
      const response = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify({ item }) });
      const replayed = response.headers.get('idempotency-replayed');
      return { status: response.status, replayed, text: await response.text() };
    };
    const first = await ask('book');
    expect(first).toMatchObject({ status: 201, replayed: null });
    expect(await ask('book')).toEqual({ ...first, replayed: 'true' });
    expect((await ask('pen')).status).toBe(422);
    expect(await setup.knex('orders').count()).toEqual([{ count: '1' }]);
  } finally {
    await close();
  }
});
