import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { testDatabase } from '@backstitch/devkit/testing';
import { contract } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';
import { postgresEngine } from '../../src/postgres/index.js';

const mail = contract('mail', { send: { request: z.object({}) } });
const first = sagaOn<pg.PoolClient>()('notify', { version: 1, input: z.object({}) })
  .invoke('send', mail.send, { with: () => ({}), compensate: 'nothing to undo' })
  .build();

let url: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  if (!existsSync(new URL('../../dist/index.js', import.meta.url)))
    throw new Error('a child process runs no TypeScript: build the packages first, with npx tsc -b');
  const database = await testDatabase();
  ({ url, drop } = database);
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const engine = postgresEngine({
    ...{ database: pool, name: 'notifier', sagas: [first] },
    transport: createInMemoryBroker().transport(),
  });
  await engine.migrate();
  await engine.ensureTopics();
  await engine.open();
  for (let count = 0; count < 3; count += 1) await engine.start(first, { input: {} });
  await engine.close();
  await pool.end();
});
afterAll(() => drop());

/** The pipeline's step, as it runs there: a process with an exit code and an output. */
async function check(release: string, databaseUrl = url): Promise<{ readonly code: number; readonly out: string }> {
  const script = fileURLToPath(new URL('./check-sagas.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, DATABASE_URL: databaseUrl, RELEASE: release },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const out = await text(child.stdout);
  return { code: await ended, out };
}

it('a release that has the version passes the pipeline', async () => {
  expect(await check('12')).toEqual({
    code: 0,
    out: expect.stringContaining(`notify version 1 (${first.hash}): 3 live, registered: they go on`),
  });
});

it('a release that lacks it stops the pipeline, and its log says for whom and why', async () => {
  const { code, out } = await check('2');
  expect(code).toBe(3);
  expect(out).toContain(`notify version 1 (${first.hash}): 3 live, MISSING in this release`);
  expect(out).toContain('needs a migration 3');
  expect(out).toContain("'send' is now called 'sendMail'");
});

it('a check that could not be made is no pass', async () => {
  const { code, out } = await check('1', 'postgres://nobody@127.0.0.1:1/nowhere');
  expect(code).toBe(1);
  expect(out).toMatch(/^The check could not be made: /);
});
