import { type Database, migrate } from '@backstitch/postgres';
import { outboxMigrations } from '@backstitch/outbox';
import { sagaMigrations } from './migrations/saga-migrations.js';

export interface MigrateSagasOptions {
  readonly database: Database<unknown>;
  /** Default `backstitch`. Created where it is missing. */
  readonly schema?: string;
}

/** Brings an orchestrator's database up to date: the outbox's tables and the sagas'. Any number of processes may call it at once. */
export async function migrateSagas({ database, schema }: MigrateSagasOptions): Promise<void> {
  const at = schema === undefined ? {} : { schema };
  await migrate(database, { ...outboxMigrations, ...at });
  await migrate(database, { ...sagaMigrations, ...at });
}
