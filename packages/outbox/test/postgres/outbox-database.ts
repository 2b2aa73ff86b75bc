import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import { type Database, migrate, postgresDatabase } from '@backstitch/postgres';
import createKnex, { type Knex } from 'knex';
import { outboxMigrations } from '../../src/index.js';

export interface OutboxDatabase {
  readonly url: string;
  readonly knex: Knex;
  readonly database: Database<Knex.Transaction>;
  /** Empties the table. */
  clear(): Promise<void>;
  /** Makes every time in the table `ms` milliseconds older: the same as if so much had passed. */
  elapse(ms: number): Promise<void>;
  end(): Promise<void>;
}

/** A database of its own with the outbox's table in it. */
export async function outboxDatabase({ max = 8 }: { readonly max?: number } = {}): Promise<OutboxDatabase> {
  const server: TestDatabase = await testDatabase();
  const knex = createKnex({ client: 'pg', connection: server.url, pool: { min: 0, max } });
  const database: Database<Knex.Transaction> = postgresDatabase(knex);
  await migrate(database, outboxMigrations);
  return {
    url: server.url,
    knex,
    database,
    clear: async () => {
      const tables = ['outbox_events', 'outbox_audit', 'outbox_lane_releases'].map((name) => `backstitch.${name}`);
      await database.sql.query(`truncate ${tables.join(', ')}`);
    },
    elapse: async (ms) => {
      const earlier = (column: string): string => `${column} = ${column} - $1::float8 * interval '1 millisecond'`;
      await database.sql.query(
        `update backstitch.outbox_events set ${['created_at', 'sent_at', 'next_retry_at', 'claimed_until', 'deliver_after'].map(earlier).join(', ')}`,
        [ms],
      );
    },
    end: async () => {
      await knex.destroy();
      await server.drop();
    },
  };
}
