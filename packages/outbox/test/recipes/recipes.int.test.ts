import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { type Database, postgresDatabase } from '@backstitch/postgres';
import { PrismaPg } from '@prisma/adapter-pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, text } from 'drizzle-orm/pg-core';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createOutbox, createRelay, type Outbox, postgresOutboxStore } from '../../src/index.js';
import { type OutboxDatabase, outboxDatabase } from '../postgres/outbox-database.js';
import { PrismaClient, type PrismaTransaction } from './prisma-client.js';

let db: OutboxDatabase;
let pool: pg.Pool;
let database: Database<pg.PoolClient>;
let outbox: Outbox<pg.PoolClient>;
beforeAll(async () => {
  db = await outboxDatabase();
  await db.database.sql.query('create table orders (id text primary key, item text not null)');
  pool = new pg.Pool({ connectionString: db.url, max: 4 });
  database = postgresDatabase(pool);
  outbox = createOutbox({ database });
});
afterEach(async () => {
  await db.clear();
  await db.database.sql.query('delete from orders');
});
afterAll(async () => {
  await pool.end();
  await db.end();
});

const placed = (id: string) => ({
  ...{ topic: 'orders', aggregateType: 'order', aggregateId: id, type: 'OrderPlaced', payload: { id } },
});

/** The ids in the table, and those that a relay sends. */
async function outcome(): Promise<{ readonly stored: readonly string[]; readonly sent: readonly string[] }> {
  const broker = createInMemoryBroker();
  const transport = broker.transport();
  await transport.ensureTopics([{ topic: 'orders', partitions: 1 }]);
  await createRelay({ store: postgresOutboxStore({ database }), transport }).runOnce();
  const { rows } = await database.sql.query<{ id: string }>('select id from orders order by id');
  const sent = (broker.topics().get('orders') ?? []).map(
    (record) => (JSON.parse(record.value ?? 'null') as { id: string }).id,
  );
  return { stored: rows.map(({ id }) => id), sent: [...sent].sort() };
}

/** One transaction that commits, one that throws at its end. */
async function both(placeOrder: (id: string, end?: () => void) => Promise<void>): Promise<void> {
  await placeOrder('kept');
  const undone = placeOrder('undone', () => {
    throw new Error('undo');
  });
  await expect(undone).rejects.toThrow('undo');
  expect(await outcome()).toEqual({ stored: ['kept'], sent: ['kept'] });
}

describe('the recipes of the README commit and roll back rows and messages together', () => {
  it('with pg', () =>
    both(async (id, end) => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query('insert into orders values ($1, $2)', [id, 'book']);
        await outbox.publish(client, placed(id));
        end?.();
        await client.query('commit');
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    }));

  it('with drizzle', () => {
    const orders = pgTable('orders', { id: text().primaryKey(), item: text().notNull() });
    return both((id, end) =>
      outbox.transaction(async (client, publish) => {
        await drizzle(client).insert(orders).values({ id, item: 'book' });
        await publish(placed(id));
        end?.();
      }),
    );
  });

  it('with kysely', () => {
    interface Tables {
      readonly orders: { readonly id: string; readonly item: string };
    }
    const within = (client: pg.PoolClient): Kysely<Tables> => {
      // The transaction's own client in place of a pool: kysely may neither take another one nor give this one back.
      const only = { query: client.query.bind(client), release: () => undefined };
      const onlyPool = { connect: async () => only, end: async () => undefined };
      return new Kysely({ dialect: new PostgresDialect({ pool: onlyPool as unknown as pg.Pool }) });
    };
    return both((id, end) =>
      outbox.transaction(async (client, publish) => {
        await within(client).insertInto('orders').values({ id, item: 'book' }).execute();
        await publish(placed(id));
        end?.();
      }),
    );
  });

  it('with prisma 7 and its own query engine, over its driver adapter', async () => {
    const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: db.url, max: 2 }) });
    const prismaDatabase: Database<PrismaTransaction> = {
      sql: database.sql,
      transaction: () => Promise.reject(new Error('use prisma.$transaction')),
      within: (tx) => ({
        async query<Row extends object>(text: string, values: readonly unknown[] = []) {
          const rows = await tx.$queryRawUnsafe<Row[]>(text, ...values);
          return { rows, rowCount: rows.length, command: '' };
        },
      }),
    };
    const prismaOutbox = createOutbox({ database: prismaDatabase });
    try {
      await both((id, end) =>
        prisma.$transaction(async (tx) => {
          await tx.order.create({ data: { id, item: 'book' } });
          await prismaOutbox.publish(tx, { ...placed(id), headers: { tenant: 'Zürich' } });
          end?.();
        }),
      );
    } finally {
      await prisma.$disconnect();
    }
  });
});
