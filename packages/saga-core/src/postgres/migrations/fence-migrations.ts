import type { MigrationComponent } from '@backstitch/postgres';
import { fence } from './0001-fence.js';

/** A participant's tables. Beside them it needs the outbox's. */
export const fenceMigrations: MigrationComponent = { component: 'fence', migrations: [fence] };
