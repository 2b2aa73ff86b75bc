import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createOutbox, createRelay, type OutboxMessage, postgresOutboxStore } from '../../src/index.js';
import { type OutboxDatabase, outboxDatabase } from '../postgres/outbox-database.js';

let db: OutboxDatabase;
beforeAll(async () => {
  db = await outboxDatabase();
});
afterAll(() => db.end());
afterEach(() => db.clear());

const message: OutboxMessage = {
  topic: 'orders',
  aggregateType: 'order',
  aggregateId: 'o1',
  type: 'OrderPlaced',
  payload: { total: 1 },
};
const captured = () => createOutbox({ database: db.database, relay: 'cdc', source: '/shop' });
const rows = async () => (await db.database.sql.query('select * from backstitch.outbox_events order by seq')).rows;
const relaying = async () => {
  const transport = createInMemoryBroker().transport();
  await transport.ensureTopics([{ topic: 'orders', partitions: 1 }]);
  const store = postgresOutboxStore({ database: db.database });
  return { store, relay: createRelay({ store, transport }) };
};

describe("rows of an outbox with relay: 'cdc'", () => {
  it('are SENT when they are inserted, with the attributes as columns, in the order given', async () => {
    const { ids } = await db.knex.transaction((trx) =>
      captured().publish(trx, [{ ...message, version: 4, time: '2026-01-02T03:04:05+02:00' }, message]),
    );
    const [first, second] = await rows();
    expect([first?.['id'], second?.['id']]).toEqual(ids);
    expect(first).toMatchObject({
      ...{ status: 'SENT', topic: 'orders', key: 'o1', payload: '{"total":1}', event_type: 'OrderPlaced' },
      ...{ event_specversion: '1.0', event_source: '/shop', event_version: 4 },
      ...{ event_time: '2026-01-02T03:04:05+02:00', claimed_until: null },
    });
    expect(first?.['sent_at']).toEqual(first?.['created_at']);
    expect(JSON.parse(String(first?.['headers']))).toMatchObject({ ce_id: ids[0], version: '4' });
  });

  it('are gone with a rollback, and there with the commit of a transaction of the library', async () => {
    const undone = db.knex.transaction(async (trx) => {
      await captured().publish(trx, message);
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await rows()).toEqual([]);
    await captured().transaction((_trx, publish) => publish(message, { lockKey: true }));
    expect(await rows()).toHaveLength(1);
  });

  it('are left alone by a relay, which sends its own rows of the same lane', async () => {
    const { relay, store } = await relaying();
    await db.knex.transaction((trx) => captured().publish(trx, message));
    await db.knex.transaction((trx) => createOutbox({ database: db.database }).publish(trx, message));
    const [before] = await rows();
    expect(await relay.runOnce()).toMatchObject({ claimed: 1, sent: 1 });
    const [after, own] = await rows();
    expect(after).toEqual(before);
    expect(own).toMatchObject({ status: 'SENT', event_source: null });
    expect(await store.counts()).toMatchObject({ pending: 0, retry: 0, failed: 0, oldestAgeMs: null });
  });

  it('are pruned by their age', async () => {
    const { store } = await relaying();
    await db.knex.transaction((trx) => captured().publish(trx, message));
    expect(await store.prune({ olderThanMs: 60_000, limit: 10 })).toBe(0);
    await db.elapse(61_000);
    expect(await store.prune({ olderThanMs: 60_000, limit: 10 })).toBe(1);
  });

  it('are sent by a relay, as the connector would have, where they are given back to it', async () => {
    const broker = createInMemoryBroker();
    const transport = broker.transport();
    await transport.ensureTopics([{ topic: 'orders', partitions: 1 }]);
    const relay = createRelay({ store: postgresOutboxStore({ database: db.database }), transport });
    const { ids } = await db.knex.transaction((trx) => captured().publish(trx, message));
    await db.database.sql.query(
      "update backstitch.outbox_events set status = 'PENDING', sent_at = null where event_specversion is not null and created_at > $1",
      [new Date(0)],
    );
    await relay.runOnce();
    const [record] = broker.topics().get('orders') ?? [];
    expect(record).toMatchObject({ key: 'o1', value: '{"total":1}', headers: { ce_id: ids[0], ce_source: '/shop' } });
  });
});
