import { afterAll, beforeAll, it } from 'vitest';
import {
  type OutboxTable,
  postgresOutboxOperations,
  postgresOutboxStore,
  postgresOutboxTable,
} from '../../src/index.js';
import { expectSameAsMemory } from '../testing/same-as-memory.js';
import { type OutboxDatabase, outboxDatabase } from './outbox-database.js';

let db: OutboxDatabase;
beforeAll(async () => {
  db = await outboxDatabase();
});
afterAll(() => db.end());

it('memory and Postgres answer the same to any sequence of calls', () =>
  expectSameAsMemory(async () => {
    await db.clear();
    return {
      store: postgresOutboxStore({ database: db.database }),
      operations: postgresOutboxOperations({ database: db.database }),
      inTable: (work) =>
        db.database.transaction((_trx, sql) => work(postgresOutboxTable() as OutboxTable<unknown>, sql)),
      elapse: db.elapse,
    };
  }));
