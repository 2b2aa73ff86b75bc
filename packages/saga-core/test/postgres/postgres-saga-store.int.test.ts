import { afterAll, beforeAll, describe, it } from 'vitest';
import { sagaStoreConformance, type SagaStoreUnderTest } from '../../src/testing/stores.js';
import { knexSagaDatabase, pgSagaDatabase, type SagaDatabase } from './saga-database.js';

const drivers: readonly (readonly [string, () => Promise<SagaDatabase<never>>])[] = [
  ['knex', knexSagaDatabase as () => Promise<SagaDatabase<never>>],
  ['pg.Pool', pgSagaDatabase as () => Promise<SagaDatabase<never>>],
];

for (const [driver, open] of drivers) {
  describe(`through ${driver}`, () => {
    let db: SagaDatabase<never>;
    beforeAll(async () => {
      db = await open();
    });
    afterAll(() => db.end());

    sagaStoreConformance(
      {
        name: 'the saga store on Postgres',
        concurrent: true,
        open: async (options) => db.sagaStore(options) as SagaStoreUnderTest<unknown>,
      },
      { describe, it },
    );
  });
}
