// #region request
import { createServer } from 'node:http';
import { createIdempotency, idempotencyMigrations } from '@backstitch/idempotency';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import knexFactory, { type Knex } from 'knex';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
const database = postgresDatabase<Knex.Transaction>(knex);
const idempotency = createIdempotency({ database });

export const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const outcome = await database.transaction((trx) =>
    idempotency.idempotentRequest(
      trx,
      { principal: 'customer-7', method: 'POST', route: '/orders', key: request.headers['idempotency-key'], body },
      async () => {
        const [order] = await trx('orders').insert({ details: body.toString() }).returning('id');
        return { status: 201, headers: { location: `/orders/${order.id}` }, body: JSON.stringify(order) };
      },
    ),
  );
  const { status, headers = {}, body: text } = outcome.response;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status).end(text);
});
// #endregion request

// #region open
export async function open(): Promise<void> {
  await migrate(database, idempotencyMigrations);
  setInterval(() => void idempotency.prune().catch(() => undefined), 3_600_000).unref(); // expired keys, in batches
  server.listen(8080);
}
// #endregion open

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
