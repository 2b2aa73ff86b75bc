// #region open
import { createIdempotency, idempotencyMigrations } from '@backstitch/idempotency';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import knexFactory, { type Knex } from 'knex';

export const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
export const database = postgresDatabase<Knex.Transaction>(knex);
export const idempotency = createIdempotency({ database });

export async function open(): Promise<void> {
  await migrate(database, idempotencyMigrations);
  setInterval(() => void idempotency.prune().catch(() => undefined), 3_600_000).unref(); // expired keys, in batches
}
// #endregion open

// #region any
import { createServer } from 'node:http';

export const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { response: answer } = await idempotency.exchange(
    { principal: 'customer-7', method: 'POST', route: '/orders', key: request.headers['idempotency-key'], body },
    async (trx) => {
      const [order] = await trx('orders').insert({ item: body.toString() }).returning('id');
      return { status: 201, headers: { location: `/orders/${order.id}` }, body: JSON.stringify(order) };
    },
  );
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.end(answer.body);
});
// #endregion any

// #region outside
export async function charge(paymentId: string, amountMinor: number): Promise<string> {
  const { value } = await idempotency.onceUnderLease(
    { scope: 'provider-charges', key: paymentId, fingerprint: { amountMinor }, leaseMs: 20_000 },
    async (signal) => {
      const headers = { 'idempotency-key': paymentId }; // the effect is at-least-once: the provider has to know the key
      const answer = await fetch('https://provider.example/charges', { method: 'POST', headers, signal });
      return { chargeId: await answer.text() };
    },
  );
  return value.chargeId;
}
// #endregion outside

// #region inbox
export async function onOrderPlaced(eventId: string, orderId: string): Promise<void> {
  await database.transaction((trx) =>
    idempotency.consumeOnce(trx, { consumer: 'mailer', messageKey: eventId }, async () => {
      await trx('mails').insert({ order_id: orderId });
      return null;
    }),
  );
}
// #endregion inbox
