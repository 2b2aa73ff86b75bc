import { migrate } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstances } from '../../src/engine/instances.js';
import { migrateSagas, postgresSagaStore, sagaMigrations } from '../../src/postgres/index.js';
import { insertSamples } from '../../src/testing/conformance/sample-instance.js';
import { knexSagaDatabase, type SagaDatabase } from './saga-database.js';

let db: SagaDatabase<Knex.Transaction>;
beforeAll(async () => {
  db = await knexSagaDatabase();
});
afterAll(() => db.end());

describe('reads on Postgres', () => {
  it('show a row that was damaged by hand as what it is, and say so where a search cannot read it', async () => {
    const stage = db.sagaStore({ lockTimeoutMs: 100, quarantineRows: 100 });
    const ids = await insertSamples(stage, {}, {}, {});
    const damaged = `'{"parked":{"code":'`;
    await db.database.sql.query(`update backstitch.saga_instances set state = ${damaged} where id = $1`, [ids[1]]);
    const { list } = createInstances({ store: stage.store });
    const { instances } = await list();
    expect(instances.filter(({ unreadable }) => unreadable === true).map(({ id }) => id)).toEqual([ids[1]]);
    expect(instances).toHaveLength(3);
    await expect(list({ text: 'x' })).rejects.toMatchObject({ code: 'STORED_STATE_UNREADABLE' });
    await stage.close();
  });

  it('find instances by tags that they had before tags had a table', async () => {
    const { database } = db;
    const schema = 'older';
    const before = sagaMigrations.migrations.filter(({ number }) => number < 5);
    await migrate(database, { ...sagaMigrations, migrations: before, schema });
    const tags = JSON.stringify({ order: 'o-1', note: 'größer "als" \\ gedacht \u001f', empty: '' });
    await database.sql.query(
      `insert into older.saga_instances (id, saga, version, hash, status, input, state, tags, created_at, updated_at, finished_at)
       values (gen_random_uuid(), 's', 1, 'h', 'completed', '{}', '{}', $1, now(), now(), now()),
              (gen_random_uuid(), 's', 1, 'h', 'completed', '{}', '{}', '{}', now(), now(), now())`,
      [tags],
    );
    await migrateSagas({ database, schema });
    const { list } = createInstances({ store: postgresSagaStore({ database, schema }) });
    for (const [name, value] of Object.entries(JSON.parse(tags) as Record<string, string>)) {
      const { instances } = await list({ tag: { name, value } });
      expect(instances.map((each) => each.tags[name])).toEqual([value]);
    }
  });
});
