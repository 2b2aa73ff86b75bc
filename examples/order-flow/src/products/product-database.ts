import type { Logger } from '@backstitch/messaging';
import {
  createMysqlOutbox,
  type MysqlDatabase,
  migrateMysql,
  mysqlDatabase,
  mysqlOutboxMigrations,
  mysqlOutboxStore,
} from '@backstitch/mysql';
import { createOutbox, type Outbox, outboxMigrations, type OutboxStore, postgresOutboxStore } from '@backstitch/outbox';
import { type Database, migrate, postgresDatabase } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { type OrderFlowEvent, orderFlowEvents } from '../events/event-catalog.js';
import { migrateService } from '../service/migrate-service.js';
import { openDatabase } from '../service/open-database.js';
import { openMysqlDatabase } from '../service/open-mysql-database.js';
import { productMigrations } from './migrations/0001-products.js';
import { productMigrationsOnMysql } from './migrations/0001-products-on-mysql.js';

/** What the service needs of its database. Everything above it is the same on both. */
export interface ProductDatabase {
  readonly knex: Knex;
  readonly store: OutboxStore;
  readonly outbox: Outbox<Knex.Transaction, OrderFlowEvent>;
  migrate(): Promise<void>;
}

const published = { catalog: orderFlowEvents, source: '/products' } as const;

/** MySQL or MariaDB for `mysql://…`, else Postgres. */
export function openProductDatabase(url: string, logger: Logger): ProductDatabase {
  return url.startsWith('mysql:') ? onMysql(url, logger) : onPostgres(url, logger);
}

function onMysql(url: string, logger: Logger): ProductDatabase {
  const knex = openMysqlDatabase(url, { name: 'products', logger });
  const database: MysqlDatabase<Knex.Transaction> = mysqlDatabase(knex);
  return {
    knex,
    store: mysqlOutboxStore({ database }),
    outbox: createMysqlOutbox({ database, ...published }),
    async migrate() {
      await migrateMysql(database, productMigrationsOnMysql);
      await migrateMysql(database, mysqlOutboxMigrations);
    },
  };
}

function onPostgres(url: string, logger: Logger): ProductDatabase {
  const knex = openDatabase(url, { name: 'products', logger });
  const database: Database<Knex.Transaction> = postgresDatabase(knex);
  return {
    knex,
    store: postgresOutboxStore({ database }),
    outbox: createOutbox({ database, ...published }),
    async migrate() {
      await migrateService(knex, productMigrations);
      await migrate(database, outboxMigrations);
    },
  };
}
