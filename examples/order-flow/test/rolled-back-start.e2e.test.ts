import { randomBytes, randomUUID } from 'node:crypto';
import { describeWithKafka, kafkaBrokers, type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { kafkaTransport } from '@backstitch/kafka';
import type { Transport } from '@backstitch/messaging';
import { Kafka, logLevel } from 'kafkajs';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Order, type OrderFlow, type ServiceName, serviceNames, startOrderFlow } from '../src/index.js';
import { createShop } from '../src/shop.js';
import { namespacedTransport } from '../src/transport/namespaced-transport.js';
import { readTopicKeys } from './read-topic.js';

describeWithKafka('an order started in a transaction that does not commit', () => {
  const brokers = kafkaBrokers() ?? [];
  const prefix = `e2e-${randomBytes(4).toString('hex')}.`;
  let databases: readonly TestDatabase[] = [];
  const transports: Transport[] = [];
  let flow: OrderFlow;

  beforeAll(async () => {
    databases = await Promise.all(serviceNames.map(() => testDatabase()));
    const urls = serviceNames.map((name, index) => [name, databases[index]?.url ?? '']);
    flow = await startOrderFlow({
      servers: Object.fromEntries(urls) as Record<ServiceName, string>,
      transportFor(name) {
        const kafka = new Kafka({ clientId: name, brokers, logLevel: logLevel.NOTHING });
        const transport = namespacedTransport(kafkaTransport({ kafka }), prefix);
        transports.push(transport);
        return transport;
      },
    });
    const shop = createShop(() => flow.urls);
    await shop.offer({ sku: 'lamp', name: 'Lamp', priceMinor: 2_100, stock: 10 });
    await shop.openAccount('ada', 100_000);
  });
  afterAll(async () => {
    await flow?.stop();
    await Promise.all(transports.map((transport) => transport.close()));
    await Promise.all(databases.map((database) => database.drop()));
  });

  const order = (): Order => ({
    orderId: randomUUID(),
    customerId: 'ada',
    items: [{ sku: 'lamp', quantity: 1, unitPriceMinor: 2_100 }],
    total: { amountMinor: 2_100, currency: 'EUR' },
  });
  const start = (trx: Knex.Transaction, input = order()) =>
    flow.orders.engine.start(flow.orders.placeOrder, { input, trx });

  it('sends no message, whether it was rolled back, nested or aborted', async () => {
    const { knex } = flow.orders;
    const gone = new Error('rolled back');
    await expect(
      knex.transaction(async (trx) => {
        await start(trx);
        throw gone;
      }),
    ).rejects.toBe(gone);
    // The nested one is rolled back and the outer one commits.
    await knex.transaction(async (trx) => {
      await trx
        .transaction(async (nested) => {
          await start(nested);
          throw gone;
        })
        .catch(() => undefined);
      await trx.raw('select 1');
    });
    // A failed statement aborts the transaction; Postgres answers ROLLBACK to its COMMIT, and knex calls that a success.
    await knex.transaction(async (trx) => {
      await start(trx);
      await trx.raw('select 1 / 0').catch(() => undefined);
    });
    // The order that does commit comes last: what the relay would have sent before it, has been sent when it is done.
    const kept = order();
    const handle = await knex.transaction((trx) => start(trx, kept));
    await handle.result({ timeout: '60s' });

    const instances = await knex('backstitch.saga_instances').select('id');
    expect(instances).toEqual([{ id: handle.id }]);
    const unsent = () => knex('backstitch.outbox_events').whereNot({ status: 'SENT' }).select('id');
    await expect.poll(unsent).toEqual([]);
    expect(new Set(await readTopicKeys(brokers, `${prefix}inventory.commands`))).toEqual(new Set([handle.id]));
    expect(new Set(await readTopicKeys(brokers, `${prefix}payments.commands`))).toEqual(new Set([handle.id]));
    expect(new Set(await readTopicKeys(brokers, `${prefix}order.events`))).toEqual(new Set([kept.orderId]));
  });
});
