import { type MigrationComponent, migrate, postgresDatabase } from '@backstitch/postgres';
import type { Knex } from 'knex';

/** The service's own tables stand in `public`; the library's in its schema `backstitch`. */
export async function migrateService(knex: Knex, component: MigrationComponent): Promise<void> {
  await migrate(postgresDatabase<Knex.Transaction>(knex), { ...component, schema: 'public' });
}
