// #region consumer
import { createRetention, idempotencyMigrations } from '@backstitch/idempotency';
import { createInboxConsumer, kafkaRetention } from '@backstitch/idempotency/inbox';
import { kafkaTransport } from '@backstitch/kafka';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import { Kafka } from 'kafkajs';
import knexFactory, { type Knex } from 'knex';
import { z } from 'zod';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
const kafka = new Kafka({ clientId: 'billing', brokers: ['localhost:9092'] });
const admin = kafka.admin();
const transport = kafkaTransport({ kafka });
const database = postgresDatabase<Knex.Transaction>(knex);
const topics = ['order.events'];
const orderPlaced = z.object({ orderId: z.string(), totalMinor: z.number().int() });
const brokerRetention = kafkaRetention(admin);
const inboxRetentionMs = 8 * 24 * 3_600_000; // the topic is kept for seven days

export const billing = createInboxConsumer({
  database,
  transport,
  consumer: 'billing',
  topics,
  decode: (record) => orderPlaced.parse(JSON.parse(record.value ?? 'null')),
  handle: async (trx, { orderId, totalMinor }) => {
    await trx('invoices').insert({ order_id: orderId, total_minor: totalMinor });
  },
  inboxRetentionMs,
  brokerRetention,
});
const retention = createRetention({ database, inbox: { inboxRetentionMs, topics, brokerRetention } });

export async function open(): Promise<void> {
  await migrate(database, idempotencyMigrations);
  await admin.connect();
  await billing.start((error) => {
    console.error('billing takes no more messages', error);
    process.exitCode = 1;
  });
  await retention.start();
}

export async function close(): Promise<void> {
  await Promise.all([billing.stop(), retention.stop()]);
  await Promise.all([transport.close(), admin.disconnect()]);
  await knex.destroy();
}
// #endregion consumer

// #region operate
export async function afterTheFix(): Promise<void> {
  for (const { topic, partition, nextOffset, deadLetters } of await billing.watermarks()) {
    console.log(`${topic}/${partition} has got to ${nextOffset}, ${deadLetters} put aside`);
  }
  const [letter] = await billing.deadLetters({ limit: 1 });
  if (letter === undefined) return;
  const { redriven, failed, held } = await billing.redrive({ where: { code: letter.code, topic: letter.topic } });
  console.log(`${redriven} handled, ${failed} failed again, ${held} wait behind those`);
  if (failed > 0) await billing.discard(letter.id, { actor: 'ada', reason: 'OPS-12: a test order' });
}
// #endregion operate

// #region by-hand
import { createIdempotency } from '@backstitch/idempotency';

const idempotency = createIdempotency({ database });

export async function onMessage(message: { readonly id: string; readonly orderId: string }): Promise<void> {
  await knex.transaction(async (trx) => {
    await idempotency.consumeOnce(trx, { consumer: 'billing', messageKey: message.id }, async () => {
      await trx('invoices').insert({ order_id: message.orderId });
    });
  });
}
// #endregion by-hand
