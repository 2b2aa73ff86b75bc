import { testMysqlDatabase } from '@backstitch/devkit/mysql-testing';
import createKnex, { type Knex } from 'knex';
import { createPool, type Pool, type PoolConnection } from 'mysql2/promise';
import { type MysqlDatabase, migrateMysql, mysqlDatabase, mysqlOutboxMigrations } from '../src/index.js';

export interface OutboxDatabase {
  readonly url: string;
  readonly pool: Pool;
  readonly knex: Knex;
  /** Over the pool. */
  readonly database: MysqlDatabase<PoolConnection>;
  readonly knexDatabase: MysqlDatabase<Knex.Transaction>;
  /** Empties the tables. */
  clear(): Promise<void>;
  /** Makes every time in the table `ms` milliseconds older: the same as if so much had passed. */
  elapse(ms: number): Promise<void>;
  end(): Promise<void>;
}

/** A database of its own with the outbox's tables in it. */
export async function outboxDatabase(): Promise<OutboxDatabase> {
  const server = await testMysqlDatabase();
  const pool = createPool({ uri: server.url, connectionLimit: 8 });
  const knex = createKnex({ client: 'mysql2', connection: server.url, pool: { min: 0, max: 8 } });
  const database: MysqlDatabase<PoolConnection> = mysqlDatabase(pool);
  await migrateMysql(database, mysqlOutboxMigrations);
  const times = ['created_at', 'sent_at', 'next_retry_at', 'claimed_until', 'deliver_after'];
  return {
    url: server.url,
    pool,
    knex,
    database,
    knexDatabase: mysqlDatabase(knex),
    async clear() {
      await database.sql.query('delete from backstitch_outbox_events');
      await database.sql.query('delete from backstitch_outbox_audit');
    },
    async elapse(ms) {
      const earlier = times.map(
        (column) => `${column} = timestampadd(microsecond, -${Math.round(ms * 1_000)}, ${column})`,
      );
      await database.sql.query(`update backstitch_outbox_events set ${earlier.join(', ')}`);
    },
    async end() {
      await knex.destroy();
      await pool.end();
      await server.drop();
    },
  };
}
