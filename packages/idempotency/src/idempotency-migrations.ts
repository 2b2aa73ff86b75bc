import type { MigrationComponent } from '@backstitch/postgres';
import { keysAndInbox } from './migrations/0001-keys-and-inbox.js';

/** `migrate(database, { schema, ...idempotencyMigrations })` makes the tables `idem_keys` and `inbox_messages`. */
export const idempotencyMigrations: MigrationComponent = { component: 'idempotency', migrations: [keysAndInbox] };
