import type { MigrationComponent } from '@backstitch/postgres';
import { outboxEvents } from './0001-outbox-events.js';
import { parkedDelayedAudited } from './0002-parked-delayed-audited.js';
import { blockedLanes } from './0003-blocked-lanes.js';
import { eventAttributes } from './0004-event-attributes.js';
import { roomForClaims } from './0005-room-for-claims.js';

/** The outbox's tables, for `migrate(database, outboxMigrations)`, `knexMigrationSource` or `migrationSql` of `@backstitch/postgres`. */
export const outboxMigrations: MigrationComponent = {
  component: 'outbox',
  migrations: [outboxEvents, parkedDelayedAudited, blockedLanes, eventAttributes, roomForClaims],
};
