import { type Database, migrate } from '@backstitch/postgres';
import { outboxMigrations } from '@backstitch/outbox';
import { fenceMigrations } from './migrations/fence-migrations.js';

export interface MigrateParticipantOptions {
  readonly database: Database<unknown>;
  /** Default `backstitch`. Created where it is missing. */
  readonly schema?: string;
}

/** Brings a participant's database up to date: the outbox's tables and the fence's. Any number of processes may call it at once. */
export async function migrateParticipant({ database, schema }: MigrateParticipantOptions): Promise<void> {
  const at = schema === undefined ? {} : { schema };
  await migrate(database, { ...outboxMigrations, ...at });
  await migrate(database, { ...fenceMigrations, ...at });
}
