import type { MysqlMigrationComponent } from '../migration.js';
import { outbox } from './0001-outbox.js';

/** The outbox's tables, for `migrateMysql(database, mysqlOutboxMigrations)`. */
export const mysqlOutboxMigrations: MysqlMigrationComponent = { component: 'outbox', migrations: [outbox] };
