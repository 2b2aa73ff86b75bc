import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { silentLogger } from '@backstitch/messaging';
import { outboxMigrations } from '@backstitch/outbox';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEventPublisher } from '../../src/events/event-publisher.js';
import { openDatabase } from '../../src/service/open-database.js';

const orderId = '6f1c2f9e-5d3b-4a57-9c3e-0d5a4f7b2c11';
let database: TestDatabase;
let knex: Knex;
beforeAll(async () => {
  database = await testDatabase();
  knex = openDatabase(database.url, { name: 'test', logger: silentLogger });
  await migrate(postgresDatabase<Knex.Transaction>(knex), outboxMigrations);
});
afterAll(async () => {
  await knex.destroy();
  await database.drop();
});

const publish = (payload: object): Promise<void> =>
  knex.transaction((trx) =>
    createEventPublisher(knex, '/orders').publish(trx, {
      type: 'OrderCancelled',
      aggregateType: 'order',
      aggregateId: orderId,
      payload,
    }),
  );
const rows = () => knex('backstitch.outbox_events').select('topic', 'event_type', 'payload');

it('writes nothing of an event that breaks its schema, and names every violation', async () => {
  await expect(publish({ orderId: 'x', reason: 'no' })).rejects.toMatchObject({
    code: 'EVENT_INVALID',
    fields: {
      errors: expect.arrayContaining([
        expect.objectContaining({ path: '/orderId' }),
        expect.objectContaining({ path: '/reason' }),
      ]),
    },
  });
  expect(await rows()).toEqual([]);
});

it('writes an event that fits to the topic of its type, with its version', async () => {
  const payload = { orderId, customerId: 'ada', reason: 'OUT_OF_STOCK' };
  await publish(payload);
  const [row, ...others] = await rows();
  expect(others).toEqual([]);
  expect(row).toMatchObject({ topic: 'order.events', event_type: 'OrderCancelled' });
  expect(JSON.parse(row.payload)).toEqual(payload);
});
