import type { MigrationComponent } from '@backstitch/postgres';
import { fence } from './0001-fence.js';
import { accepted } from './0002-accepted.js';

/** A participant's tables. Beside them it needs the outbox's. */
export const fenceMigrations: MigrationComponent = { component: 'fence', migrations: [fence, accepted] };
