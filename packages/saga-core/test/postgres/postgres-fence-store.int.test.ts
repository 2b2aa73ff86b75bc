import { afterAll, beforeAll, describe, it } from 'vitest';
import { fenceStoreConformance, type FenceStoreUnderTest } from '../../src/testing/stores.js';
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

    fenceStoreConformance(
      {
        name: 'the fence store on Postgres',
        open: async (options) => db.fenceStore(options) as FenceStoreUnderTest<unknown>,
      },
      { describe, it },
    );
  });
}
