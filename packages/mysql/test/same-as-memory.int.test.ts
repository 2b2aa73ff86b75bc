import { describeWithMysql } from '@backstitch/devkit/mysql-testing';
import type { OutboxTable } from '@backstitch/outbox';
import { afterAll, beforeAll, it } from 'vitest';
import { expectSameAsMemory } from '../../outbox/test/testing/same-as-memory.js';
import { mysqlOutboxOperations, mysqlOutboxStore, mysqlOutboxTable } from '../src/index.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';

describeWithMysql('MySQL and memory', () => {
  let db: OutboxDatabase;
  beforeAll(async () => {
    db = await outboxDatabase();
  });
  afterAll(() => db.end());

  it('answer the same to any sequence of calls', () =>
    expectSameAsMemory(
      async () => {
        await db.clear();
        return {
          store: mysqlOutboxStore({ database: db.database }),
          operations: mysqlOutboxOperations({ database: db.database }),
          inTable: (work) =>
            db.database.transaction((_trx, sql) => work(mysqlOutboxTable() as OutboxTable<unknown>, sql)),
          elapse: db.elapse,
        };
      },
      { numRuns: 40 },
    ));
});
