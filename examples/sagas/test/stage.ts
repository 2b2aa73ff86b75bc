import { testDatabase } from '@backstitch/devkit/testing';
import type { AnySaga } from '@backstitch/saga-core';
import type { Participant } from '@backstitch/saga-core/participant';
import { createTestEngine, type TestEngine } from '@backstitch/saga-core/testing';
import createKnex, { type Knex } from 'knex';

export interface StageOptions {
  readonly orchestrator: string;
  readonly sagas: readonly AnySaga[];
  /** Each with its own tables. */
  readonly services: readonly {
    readonly participant: Participant;
    readonly createTables: (knex: Knex) => Promise<void>;
  }[];
  /** The orchestrator's own tables. */
  readonly createTables?: (knex: Knex) => Promise<void>;
}

export interface Stage {
  /** Its time stands still until it is moved. */
  readonly engine: TestEngine<Knex.Transaction>;
  /** The orchestrator's database, or that of a participant. */
  database(participant?: string): Knex;
  close(): Promise<void>;
}

/** An orchestrator and its participants, each with a Postgres database of its own, over a broker in memory. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { orchestrator, sagas, services, createTables = async () => {} } = options;
  const closing: (() => Promise<void>)[] = [];
  const databases = new Map<string, Knex>();
  const openDatabase = async (name: string, create: (knex: Knex) => Promise<void>): Promise<Knex> => {
    const { url, drop } = await testDatabase();
    const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 10 } });
    databases.set(name, knex);
    closing.push(drop, () => knex.destroy());
    await create(knex);
    return knex;
  };

  const participants = [];
  for (const { participant, createTables } of services)
    participants.push({ participant, database: await openDatabase(participant.name, createTables) });
  const database = await openDatabase(orchestrator, createTables);
  const engine = await createTestEngine<Knex.Transaction>({ name: orchestrator, sagas, participants, database });
  closing.push(() => engine.close());
  return {
    engine,
    database(name = orchestrator) {
      const found = databases.get(name);
      if (found === undefined) throw new Error(`there is no service '${name}' on this stage`);
      return found;
    },
    async close() {
      for (const close of closing.reverse()) await close();
    },
  };
}
