import { createInMemoryBroker, type InMemoryBroker } from '@backstitch/messaging/testing';
import { savepoint } from '@backstitch/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutbox, createRelay, type OutboxMessage, postgresOutboxStore, type Relay } from '../src/index.js';
import { type OutboxDatabase, outboxDatabase } from './postgres/outbox-database.js';

let db: OutboxDatabase;
let broker: InMemoryBroker;
let relay: Relay;
beforeAll(async () => {
  db = await outboxDatabase();
});
afterAll(() => db.end());
beforeEach(async () => {
  broker = createInMemoryBroker();
  const transport = broker.transport();
  await transport.ensureTopics([{ topic: 'orders', partitions: 1 }]);
  relay = createRelay({ store: postgresOutboxStore({ database: db.database }), transport });
});
afterEach(() => db.clear());

const message = (word: string, given: Partial<OutboxMessage> = {}): OutboxMessage => ({
  topic: 'orders',
  aggregateType: 'order',
  aggregateId: 'o1',
  type: 'OrderPlaced',
  payload: word,
  ...given,
});
const values = () =>
  (broker.topics().get('orders') ?? []).map((record) => JSON.parse(record.value ?? 'null') as unknown);

describe('publish in the caller’s transaction', () => {
  it('sends what was committed, as a CloudEvent whose id is the row’s', async () => {
    const outbox = createOutbox({ database: db.database });
    const { ids } = await db.knex.transaction((trx) => outbox.publish(trx, [message('a'), message('b')]));
    await relay.runOnce();
    expect(values()).toEqual(['a', 'b']);
    expect(
      broker
        .topics()
        .get('orders')
        ?.map((record) => record.headers['ce_id']),
    ).toEqual(ids);
  });

  it('sends nothing of a transaction that rolled back', async () => {
    const outbox = createOutbox({ database: db.database });
    const undone = db.knex.transaction(async (trx) => {
      await outbox.publish(trx, message('ghost'));
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect((await relay.runOnce()).claimed).toBe(0);
  });

  it('sends nothing of a nested transaction that rolled back, and all of the outer one', async () => {
    const outbox = createOutbox({ database: db.database });
    await db.knex.transaction(async (trx) => {
      await outbox.publish(trx, message('outer'));
      const inner = trx.transaction(async (nested) => {
        await outbox.publish(nested, message('ghost'));
        throw new Error('undo');
      });
      await expect(inner).rejects.toThrow('undo');
    });
    await relay.runOnce();
    expect(values()).toEqual(['outer']);
  });

  it('sends nothing of an aborted transaction whose error was swallowed and that was then committed', async () => {
    const outbox = createOutbox({ database: db.database });
    await db.knex.transaction(async (trx) => {
      await outbox.publish(trx, message('ghost'));
      await expect(trx.raw('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
    });
    expect((await relay.runOnce()).claimed).toBe(0);
  });

  it('refuses a knex that is no transaction, by its type and when it runs', async () => {
    const outbox = createOutbox({ database: db.database });
    // @ts-expect-error a plain knex is no transaction
    await expect(outbox.publish(db.knex, message('a'))).rejects.toMatchObject({ code: 'NOT_A_TRANSACTION' });
  });

  it('hints the relay after the end, so that nothing waits for the poll', async () => {
    const hinted: string[] = [];
    const spy: Relay = { ...relay, hint: (ids) => hinted.push(...ids) };
    const outbox = createOutbox({ database: db.database, relay: spy });
    const { ids } = await db.knex.transaction(async (trx) => {
      const published = await outbox.publish(trx, message('a'));
      expect(hinted).toEqual([]);
      return published;
    });
    expect(hinted).toEqual(ids);
  });

  it('makes transactions on one lane wait for each other where asked', async () => {
    const outbox = createOutbox({ database: db.database });
    const first = await db.knex.transaction();
    await outbox.publish(first, message('first'), { lockKey: true });
    const second = db.knex.transaction((trx) => outbox.publish(trx, message('second'), { lockKey: true }));
    const waiters = `select count(*)::integer as n from pg_locks where locktype = 'advisory' and not granted
                        and database = (select oid from pg_database where datname = current_database())`;
    for (let n = 0; n === 0; ) n = (await db.database.sql.query<{ n: number }>(waiters)).rows[0]?.n ?? 0;
    await outbox.publish(first, message('first, too'), { lockKey: true });
    await first.commit();
    await second;
    await relay.runOnce();
    expect(values()).toEqual(['first', 'first, too', 'second']);
  });
});

describe('a transaction of the outbox’s own', () => {
  it('is sent from memory when its commit succeeded, without a claim', async () => {
    const store = postgresOutboxStore({ database: db.database });
    const claim: typeof store.claim = async () => [];
    let delivered = (): void => undefined;
    const done = new Promise<void>((resolve) => (delivered = resolve));
    const direct = createRelay({
      store: { ...store, claim },
      transport: broker.transport(),
      onDelivered: () => delivered(),
    });
    direct.start();
    const outbox = createOutbox({ database: db.database, relay: direct });
    expect(
      await outbox.transaction(async (_trx, publish) => {
        await publish(message('a'));
        await publish([message('b'), message('c')]);
        return 'value';
      }),
    ).toBe('value');
    await done;
    await direct.stop();
    expect(values()).toEqual(['a', 'b', 'c']);
    expect(await store.counts()).toMatchObject({ pending: 0 });
  });

  it('does not send from memory what was published behind a savepoint that was rolled back', async () => {
    const published: string[] = [];
    const spy: Relay = { ...relay, publish: (rows) => published.push(...rows.map((row) => row.payload)) };
    const outbox = createOutbox({ database: db.database, relay: spy });
    await outbox.transaction(async (trx, publish) => {
      await publish(message('kept'));
      const undone = savepoint(db.database.within(trx), async () => {
        await publish(message('ghost'));
        throw new Error('undo');
      });
      await expect(undone).rejects.toThrow('undo');
    });
    expect(published).toEqual(['"kept"']);
  });

  it('publishes nothing where it rolled back or was aborted', async () => {
    const published: string[] = [];
    const spy: Relay = { ...relay, publish: (rows) => published.push(...rows.map((row) => row.payload)) };
    const outbox = createOutbox({ database: db.database, relay: spy });
    const thrown = outbox.transaction(async (_trx, publish) => {
      await publish(message('ghost'));
      throw new Error('undo');
    });
    await expect(thrown).rejects.toThrow('undo');
    const aborted = outbox.transaction(async (trx, publish) => {
      await publish(message('ghost'));
      await trx.raw('select 1 / 0').catch(() => undefined);
    });
    await expect(aborted).rejects.toThrow();
    expect(published).toEqual([]);
    await db.elapse(60_000);
    expect((await relay.runOnce()).claimed).toBe(0);
  });
});
