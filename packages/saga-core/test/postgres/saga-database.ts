import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { type OutboxStore, postgresOutboxOperations, postgresOutboxStore } from '@backstitch/outbox';
import { type Database, postgresDatabase } from '@backstitch/postgres';
import createKnex, { type Knex } from 'knex';
import pg from 'pg';
import type { DiscardCount } from '../../src/engine/saga-store.js';
import type { QuarantinedRecord } from '../../src/exchange/quarantined-record.js';
import {
  migrateParticipant,
  migrateSagas,
  notSentHook,
  postgresFenceStore,
  postgresSagaStore,
} from '../../src/postgres/index.js';
import type { FenceStoreUnderTest, SagaStoreOpenOptions, SagaStoreUnderTest } from '../../src/testing/stores.js';

/** A database of its own with all tables in it, reached through one of the two drivers. */
export interface SagaDatabase<Trx> {
  readonly url: string;
  readonly database: Database<Trx>;
  sagaStore(options: SagaStoreOpenOptions): SagaStoreUnderTest<Trx>;
  fenceStore(options: { readonly quarantineRows: number }): FenceStoreUnderTest<Trx>;
  end(): Promise<void>;
}

const timeColumns: Readonly<Record<string, readonly string[]>> = {
  outbox_events: ['created_at', 'sent_at', 'next_retry_at', 'claimed_until'],
  saga_instances: ['wake_at', 'due_from', 'created_at', 'updated_at', 'finished_at'],
  saga_fence: ['created_at', 'settled_at'],
  saga_tags: ['created_at'],
};
const tables = [
  ...Object.keys(timeColumns),
  ...[
    'saga_journal',
    'saga_start_keys',
    'saga_mailbox',
    'saga_discards',
    'saga_quarantine',
    'saga_installation',
    'saga_locks',
    'fence_quarantine',
  ],
];

export async function knexSagaDatabase(): Promise<SagaDatabase<Knex.Transaction>> {
  const server = await testDatabase();
  const knex = createKnex({ client: 'pg', connection: server.url, pool: { min: 0, max: 12 } });
  const database: Database<Knex.Transaction> = postgresDatabase(knex);
  return sagaDatabase(server, database, { transaction: (work) => knex.transaction(work), end: () => knex.destroy() });
}

export async function pgSagaDatabase(): Promise<SagaDatabase<pg.PoolClient>> {
  const server = await testDatabase();
  const pool = new pg.Pool({ connectionString: server.url, max: 12 });
  const database: Database<pg.PoolClient> = postgresDatabase(pool);
  const transaction = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const value = await work(client);
      await client.query('commit');
      return value;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  };
  return sagaDatabase(server, database, { transaction, end: () => pool.end() });
}

interface Driver<Trx> {
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

async function sagaDatabase<Trx>(
  server: TestDatabase,
  database: Database<Trx>,
  driver: Driver<Trx>,
): Promise<SagaDatabase<Trx>> {
  await migrateSagas({ database });
  await migrateParticipant({ database });
  const { sql } = database;
  // As if so much time had passed: everything that was written is so much older.
  const elapse = async (ms: number): Promise<void> => {
    for (const [table, columns] of Object.entries(timeColumns)) {
      const older = columns.map((column) => `${column} = ${column} - $1::float8 * interval '1 millisecond'`);
      await sql.query(`update backstitch.${table} set ${older.join(', ')}`, [ms]);
    }
  };
  const clear = async (): Promise<void> => {
    for (const table of tables) await sql.query(`delete from backstitch.${table}`);
  };
  const quarantined = async (table: string): Promise<readonly QuarantinedRecord[]> => {
    const text = `select topic, partition, record_offset as "offset", reason, head from backstitch.${table} order by id`;
    return (await sql.query<QuarantinedRecord>(text)).rows.map((row) => ({ ...row }));
  };
  const outbox: OutboxStore = postgresOutboxStore({ database, onFailed: notSentHook() });
  return {
    url: server.url,
    database,
    sagaStore: (options) => ({
      store: postgresSagaStore({ database, ...options }),
      transaction: driver.transaction,
      outbox,
      operations: postgresOutboxOperations({ database }),
      elapse,
      async discards() {
        const { rows } = await sql.query<DiscardCount>(
          'select saga_id as "sagaId", step, reason, count::integer as count from backstitch.saga_discards order by 1, 2, 3',
        );
        return rows;
      },
      quarantined: () => quarantined('saga_quarantine'),
      close: clear,
    }),
    fenceStore: (options) => ({
      store: postgresFenceStore({ database, ...options }),
      outbox,
      elapse,
      quarantined: () => quarantined('fence_quarantine'),
      close: clear,
    }),
    async end() {
      await driver.end();
      await server.drop();
    },
  };
}
