import { describeWithMysql } from '@backstitch/devkit/mysql-testing';
import { type OutboxUnderTest, outboxStoreConformance } from '@backstitch/outbox/testing';
import { afterAll, beforeAll, it } from 'vitest';
import {
  type MysqlDatabase,
  type MysqlSql,
  mysqlOutboxOperations,
  mysqlOutboxStore,
  mysqlOutboxTable,
} from '../src/index.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';

describeWithMysql('the outbox on MySQL', () => {
  let db: OutboxDatabase;
  beforeAll(async () => {
    db = await outboxDatabase();
  });
  afterAll(() => db.end());

  const ways: readonly { readonly name: string; readonly database: () => MysqlDatabase<unknown> }[] = [
    { name: 'by mysql2', database: () => db.database as MysqlDatabase<unknown> },
    { name: 'by knex', database: () => db.knexDatabase as MysqlDatabase<unknown> },
  ];
  for (const way of ways) {
    outboxStoreConformance(
      {
        name: way.name,
        async open({ retryBaseMs, onFailed, deadLetterTopic }) {
          const database = way.database();
          const opened: OutboxUnderTest<MysqlSql> = {
            store: mysqlOutboxStore({
              database,
              retryBaseMs,
              deadLetterTopic,
              onFailed: async (_sql, rows) => onFailed(rows),
            }),
            table: mysqlOutboxTable(),
            operations: mysqlOutboxOperations({ database }),
            transaction: (work) => database.transaction((_trx, sql) => work(sql)),
            elapse: db.elapse,
            close: db.clear,
          };
          return opened as OutboxUnderTest<unknown>;
        },
      },
      { describe: (name, body) => describeWithMysql(name, body), it },
    );
  }
});
