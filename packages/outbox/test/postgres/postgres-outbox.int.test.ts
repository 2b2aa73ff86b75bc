import type { Sql } from '@backstitch/postgres';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { postgresOutboxOperations, postgresOutboxStore, postgresOutboxTable } from '../../src/index.js';
import { outboxStoreConformance, type OutboxUnderTest } from '../../src/testing/index.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';

let db: OutboxDatabase;
beforeAll(async () => {
  db = await outboxDatabase();
});
afterAll(() => db.end());

outboxStoreConformance(
  {
    name: 'the outbox on Postgres',
    async open({ retryBaseMs, onFailed, deadLetterTopic }) {
      const { database } = db;
      const opened: OutboxUnderTest<Sql> = {
        store: postgresOutboxStore({
          database,
          retryBaseMs,
          deadLetterTopic,
          onFailed: async (_sql, rows) => onFailed(rows),
        }),
        table: postgresOutboxTable(),
        operations: postgresOutboxOperations({ database }),
        transaction: (work) => database.transaction((_trx, sql) => work(sql)),
        elapse: db.elapse,
        close: db.clear,
      };
      return opened as OutboxUnderTest<unknown>;
    },
  },
  { describe, it },
);
