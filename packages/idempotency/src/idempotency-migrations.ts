import type { MigrationComponent } from '@backstitch/postgres';
import { keysAndInbox } from './migrations/0001-keys-and-inbox.js';
import { inboxConsumer } from './migrations/0002-inbox-consumer.js';

/** `migrate(database, { schema, ...idempotencyMigrations })` makes the tables `idem_keys`, `inbox_messages`, `inbox_watermarks` and `inbox_dead_letters`. */
export const idempotencyMigrations: MigrationComponent = {
  component: 'idempotency',
  migrations: [keysAndInbox, inboxConsumer],
};
