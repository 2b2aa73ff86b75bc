// A step of somebody's pipeline, on the built package: what it is given comes in the environment.
import { contract } from '@backstitch/messaging';
import { lockDefinitions } from '@backstitch/saga-core';
import { saga } from '@backstitch/saga-core/knex';
import { runSagaCheck } from '@backstitch/saga-core/postgres';
import pg from 'pg';
import { z } from 'zod';

const { DATABASE_URL, RELEASE = '' } = process.env;
const mail = contract('mail', { send: { request: z.object({}) } });
const nothing = { with: () => ({}), compensate: 'nothing to undo' };
const head = (version) => saga('notify', { version, input: z.object({}) });
const versions = {
  1: head(1).invoke('send', mail.send, nothing).build(),
  2: head(2).invoke('sendMail', mail.send, nothing).build(),
};
const pool = new pg.Pool({ connectionString: DATABASE_URL, connectionTimeoutMillis: 5_000, max: 1 });
pool.on('error', () => undefined);
process.exitCode = await runSagaCheck({
  database: pool,
  sagas: [...RELEASE].map((version) => versions[version]),
  lock: lockDefinitions([versions[1]]),
  write: (text) => process.stdout.write(text),
});
await pool.end();
