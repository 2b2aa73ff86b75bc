import { testDatabase } from '@backstitch/devkit/testing';
import { contract, type Logger, silentLogger } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { participant, saga } from '../../src/knex/index.js';
import { postgresEngine, postgresParticipant } from '../../src/postgres/index.js';

const mail = contract('mail', {
  send: { request: z.object({ to: z.string() }), reply: z.object({ sent: z.boolean() }) },
});
const input = z.object({ to: z.string() });
const v1 = saga('notify', { version: 1, input })
  .invoke('send', mail.send, { with: ({ input: { to } }) => ({ to }), compensate: 'nothing to undo' })
  .build();
const v1Changed = saga('notify', { version: 1, input })
  .invoke('sendMail', mail.send, { with: ({ input: { to } }) => ({ to }), compensate: 'nothing to undo' })
  .build();
const v2 = saga('notify', { version: 2, input })
  .invoke('sendMail', mail.send, { with: ({ input: { to } }) => ({ to }), compensate: 'nothing to undo' })
  .build();

const logger: { -readonly [K in keyof Logger]: Logger[K] } = { ...silentLogger };

let knex: Knex;
let drop: () => Promise<void>;
const broker = createInMemoryBroker();

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 10 } });
});
afterAll(async () => {
  await knex.destroy();
  await drop();
});

const engineWith = (...sagas: readonly (typeof v1 | typeof v2)[]) =>
  postgresEngine({
    database: knex,
    name: 'notifier',
    sagas,
    transport: broker.transport(),
    pollIntervalMs: 20,
    logger,
  });
const mailer = () =>
  postgresParticipant({
    database: knex,
    participant: participant(mail, { send: async () => ({ sent: true }) }),
    orchestrators: ['notifier'],
    transport: broker.transport(),
    schema: 'mail',
  });

describe('versions', () => {
  it('a reply for a version that this process lacks is kept until a process that has it comes', async () => {
    const old = engineWith(v1);
    await old.migrate();
    await old.ensureTopics();
    await old.open();
    const { id } = await old.start(v1, { input: { to: 'a' } });
    await old.close();

    // Only a process of the new version is there when the answer comes. It says so.
    const warned = new Promise((resolve) => {
      logger.warn = (fields) => 'code' in fields && resolve(fields);
    });
    const young = engineWith(v2);
    await young.open();
    expect(await warned).toEqual({
      code: 'VERSION_UNKNOWN',
      ...{ saga: 'notify', version: 1, hash: v1.hash, live: 1, overdue: 0, counted: 'all' },
    });
    const postman = mailer();
    await postman.migrate();
    await postman.open();
    await broker.idle();
    for (let kept = 0; kept === 0; )
      kept = Number((await knex.withSchema('backstitch').from('saga_mailbox').count('* as n').first())?.n);
    expect((await young.find(id))?.status).toBe('running');
    await expect(young.cancel(id, { actor: 'ops', reason: 'test' })).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    await young.close();

    const again = engineWith(v1, v2);
    await again.open();
    expect(await again.handle(v1, id).result({ timeout: '20s' })).toEqual({ send: { sent: true } });
    await again.close();
    await postman.close();
  });

  it('the same version with another shape is refused at start-up while instances live on the old one', async () => {
    const old = engineWith(v1);
    await old.open();
    await old.start(v1, { input: { to: 'b' } });
    await old.close();
    const changed = engineWith(v1Changed as never);
    await expect(changed.open()).rejects.toMatchObject({
      code: 'DEFINITION_CHANGED',
      fields: { saga: 'notify', version: 1 },
    });
    await changed.close();
  });

  it('a saga or version that is not registered is not started', async () => {
    const engine = engineWith(v2);
    await engine.open();
    await expect(engine.start(v1, { input: { to: 'c' } })).rejects.toMatchObject({
      code: 'VERSION_UNKNOWN',
      fields: { registered: [2] },
    });
    const other = saga('other', { version: 1, input })
      .local('x', () => {}, { compensate: 'nothing to undo' })
      .build();
    await expect(engine.start(other, { input: { to: 'c' } })).rejects.toMatchObject({ code: 'SAGA_UNKNOWN' });
    await expect(engine.start(v2, { input: { to: 1 } as never })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      fields: { saga: 'notify' },
    });
    await expect(engine.start(v2, { input: { to: 'x'.repeat(1_100_000) } })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await engine.close();
  });
});
