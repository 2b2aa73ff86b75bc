import { createSeededRandom, createVirtualClock } from '@backstitch/messaging/testing';
import { createMemoryOutbox } from '@backstitch/outbox/testing';
import { createMemoryDatabase } from '@backstitch/postgres/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMemoryFenceStore,
  createMemorySagaStore,
  memoryNotSentHook,
  type FenceStoreUnderTest,
  type SagaStoreUnderTest,
} from '../../src/testing/stores.js';
import { outboxAndFenceCommands } from './differential/outbox-and-fence-commands.js';
import { readEverything } from './differential/read-everything.js';
import { sagaCommands } from './differential/saga-commands.js';
import { answerOf, oneOf, type Subject } from './differential/store-command.js';
import { pgSagaDatabase, type SagaDatabase } from './saga-database.js';

const sequences = 200;
const commandsEach = 12;
const limits = { quarantineRows: 5, lockTimeoutMs: 2_000 };
/** Another campaign: `DIFFERENTIAL_SEED=… npx vitest run --project int packages/saga-core/test/postgres/store-differential.int.test.ts`. */
const firstSeed = Number(process.env['DIFFERENTIAL_SEED'] ?? 1);

describe('the stores in memory answer as those on Postgres do', () => {
  let db: SagaDatabase<never>;
  beforeAll(async () => {
    db = (await pgSagaDatabase()) as unknown as SagaDatabase<never>;
  });
  afterAll(() => db.end());

  it(`in ${sequences} random sequences of commands, from seed ${firstSeed}`, { timeout: 300_000 }, async () => {
    const met = new Set<string>();
    for (let seed = firstSeed; seed < firstSeed + sequences; seed += 1) {
      const random = createSeededRandom(seed);
      const drawn = Array.from({ length: commandsEach }, () =>
        oneOf(random, [...sagaCommands, ...outboxAndFenceCommands])(random),
      );
      const postgres = onPostgres(db);
      const memory = inMemory();
      const told: string[] = [];
      for (const command of [...drawn, readEverything]) {
        told.push(command.name);
        met.add(command.name.split(' ')[0] ?? '');
        const expected = await answerOf(command, postgres);
        const found = await answerOf(command, memory);
        expect(found, `seed ${seed}: ${told.join(' · ')}`).toEqual(expected);
      }
      await postgres.sagas.close();
      await postgres.fences.close();
    }
    expect(met.size).toBeGreaterThan(10);
  });
});

function onPostgres(db: SagaDatabase<never>): Subject {
  return {
    sagas: db.sagaStore(limits) as SagaStoreUnderTest<unknown>,
    fences: db.fenceStore(limits) as FenceStoreUnderTest<unknown>,
    claims: new Map(),
  };
}

/** As on Postgres, one outbox serves both. */
function inMemory(): Subject {
  const clock = createVirtualClock();
  const database = createMemoryDatabase();
  const outbox = createMemoryOutbox({ database, nowMs: clock.now, onFailed: memoryNotSentHook(clock) });
  const parts = { database, clock, outboxTable: outbox.table, quarantineRows: limits.quarantineRows };
  const sagas = createMemorySagaStore(parts);
  const fences = createMemoryFenceStore(parts);
  const elapse = (ms: number): Promise<void> => clock.advance(ms);
  const close = async (): Promise<void> => undefined;
  const under = { outbox: outbox.store, elapse, close };
  return {
    sagas: {
      ...under,
      store: sagas,
      transaction: (work) => database.transaction(work),
      operations: outbox.operations,
      discards: async () => sagas.discards(),
      quarantined: async () => sagas.quarantined(),
    } as SagaStoreUnderTest<unknown>,
    fences: { ...under, store: fences, quarantined: async () => fences.quarantined() } as FenceStoreUnderTest<unknown>,
    claims: new Map(),
  };
}
