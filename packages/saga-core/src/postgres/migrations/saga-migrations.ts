import type { MigrationComponent } from '@backstitch/postgres';
import { instances } from './0001-instances.js';
import { mailbox } from './0002-mailbox.js';
import { evidence } from './0003-evidence.js';
import { installation } from './0004-installation.js';
import { reads } from './0005-reads.js';
import { locks } from './0006-locks.js';
import { retention } from './0007-retention.js';

/** The orchestrator's tables, for `migrate`, `knexMigrationSource` or `migrationSql` of `@backstitch/postgres`. Beside them it needs the outbox's. */
export const sagaMigrations: MigrationComponent = {
  component: 'saga',
  migrations: [instances, mailbox, evidence, installation, reads, locks, retention],
};
