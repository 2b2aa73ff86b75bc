import type { MigrationComponent } from '@backstitch/postgres';
import { outboxEvents } from './0001-outbox-events.js';

/** The outbox's table, for `migrate(database, outboxMigrations)`, `knexMigrationSource` or `migrationSql` of `@backstitch/postgres`. */
export const outboxMigrations: MigrationComponent = { component: 'outbox', migrations: [outboxEvents] };
