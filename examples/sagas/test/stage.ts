import { testDatabase } from '@backstitch/devkit/testing';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import type { AnySaga } from '@backstitch/saga-core';
import type { Participant } from '@backstitch/saga-core/participant';
import { type PostgresEngine, postgresEngine, postgresParticipant } from '@backstitch/saga-core/postgres';
import createKnex, { type Knex } from 'knex';
import { installVirtualTime, throughVirtualTime } from './virtual-time.js';

/** A service as the stage needs it: its tables, and what it answers to. */
export interface ServiceOnStage {
  readonly createTables: (knex: Knex) => Promise<void>;
  readonly participant: Participant;
}

export interface StageOptions {
  readonly orchestrator: string;
  readonly sagas: readonly AnySaga[];
  readonly services: readonly ServiceOnStage[];
  /** The orchestrator's own tables. */
  readonly createTables?: (knex: Knex) => Promise<void>;
}

export interface Stage {
  readonly engine: PostgresEngine<Knex.Transaction>;
  /** The orchestrator's database, or that of a participant. */
  database(participant?: string): Knex;
  /** Moves the orchestrator's database forward; whatever is due by then is found by the poller. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** An orchestrator and its participants in one process, each with a Postgres database of its own, over a broker in memory. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { orchestrator, sagas, services, createTables = async () => {} } = options;
  const broker = createInMemoryBroker();
  const closing: (() => Promise<void>)[] = [];
  const databases = new Map<string, Knex>();
  const openDatabase = async (name: string, create: (knex: Knex) => Promise<void>): Promise<Knex> => {
    const { url, drop } = await testDatabase();
    await installVirtualTime(url);
    const knex = createKnex({ client: 'pg', connection: throughVirtualTime(url), pool: { min: 0, max: 10 } });
    databases.set(name, knex);
    closing.push(drop, () => knex.destroy());
    await create(knex);
    return knex;
  };

  const engine = postgresEngine<Knex.Transaction>({
    database: await openDatabase(orchestrator, createTables),
    name: orchestrator,
    sagas,
    transport: broker.transport(),
    pollIntervalMs: 20,
  });
  await engine.migrate();
  await engine.ensureTopics();
  for (const { participant, createTables } of services) {
    const service = postgresParticipant<Knex.Transaction>({
      database: await openDatabase(participant.name, createTables),
      participant,
      orchestrators: [orchestrator],
      transport: broker.transport(),
    });
    await service.migrate();
    await service.open();
    closing.push(() => service.close());
  }
  await engine.open();
  closing.push(() => engine.close());

  const database = (name = orchestrator): Knex => {
    const found = databases.get(name);
    if (found === undefined) throw new Error(`there is no service '${name}' on this stage`);
    return found;
  };
  return {
    engine,
    database,
    pass: async (ms) => {
      await Promise.all([...databases.values()].map((knex) => knex('virtual_time.shift').increment('ms', ms)));
    },
    close: async () => {
      for (const close of closing.reverse()) await close();
    },
  };
}
