import { createRelay } from '@backstitch/outbox';
import { createMemoryOutbox } from '@backstitch/outbox/testing';
import type { MemoryDatabase, MemoryTransaction } from '@backstitch/postgres/testing';
import { createSagaEngine, type SagaEngine, type SagaStore, type SagaTransaction } from '@backstitch/saga-core';
import { createMemorySagaStore, memoryNotSentHook } from '@backstitch/saga-core/testing';
import { unappliedReplies } from './invariants/acknowledged-batch.js';
import type { MutantPlace } from './mutants/mutant.js';
import { faultyDatabase } from './ports/faulty-database.js';
import { faultyStore } from './ports/faulty-store.js';
import { faultyTransport } from './ports/faulty-transport.js';
import type { Port } from './ports/port.js';
import { relayPace } from './ports/relay-pace.js';
import { watchedOutboxStore } from './ports/watched-outbox-store.js';
import { watchedSagaStore } from './ports/watched-saga-store.js';
import type { SagaSet } from './workload/sagas.js';
import type { World } from './world.js';

export const orchestrator = 'orders';

/** Which versions of the order saga a process knows. */
export type Knowledge = 'first' | 'both' | 'second';

export interface RunningEngine {
  readonly engine: SagaEngine<MemoryTransaction>;
  readonly sagas: SagaSet;
  readonly knowledge: Knowledge;
  /** For transactions of the client's own in this process. */
  readonly database: MemoryDatabase;
}

const installation = { id: 'a-simulation', tokenKey: { id: 'key-1', secret: '5a'.repeat(32) } };

/** A process with an engine and a relay in it. */
export async function bootEngine(world: World, port: Port): Promise<RunningEngine> {
  const { scheduler, engineGround: ground, choices, sightings, watch, mutant } = world;
  const { life } = port;
  const dbClock = { now: scheduler.now };
  const database = faultyDatabase(ground.database, port);
  const outbox = createMemoryOutbox({ database, nowMs: scheduler.now, onFailed: memoryNotSentHook(dbClock) });
  const real = createMemorySagaStore({
    ...{ database, clock: dbClock, outboxTable: ground.outboxTable },
    newInstallation: () => installation,
  });
  const late: { publish?: MutantPlace['relay']['publish'] } = {};
  const place: MutantPlace = {
    ...{ life, database: ground.database, nowMs: scheduler.now },
    relay: { publish: (rows) => late.publish?.(rows), hint: () => undefined },
  };
  const watched = watchedSagaStore(
    faultyStore<SagaTransaction<MemoryTransaction>, SagaStore<MemoryTransaction>>(real, database, port),
    { sightings, watch },
  );
  const store = mutant?.sagaStore?.(watched, place) ?? watched;
  const outboxStore = mutant?.engineOutbox?.(outbox.store, place) ?? outbox.store;
  const plain = faultyTransport(world, port, (batch) => {
    for (const fault of unappliedReplies(batch, ground.database)) watch.broken(fault);
  });
  const transport = mutant?.engineTransport?.(plain, place) ?? plain;
  const relay = createRelay({
    ...relayPace(world, life),
    store: watchedOutboxStore(outboxStore, { sightings, claims: ground.claims, name: life.name }),
    transport,
  });
  late.publish = relay.publish;
  const host = { life, choices, outside: world.outside, isCalm: () => !world.plan().isOn };
  const sagas = world.sagas.lend(host);
  const knowledge = world.plan().isOn ? choices.one<Knowledge>(['both', 'first', 'second']) : 'both';
  const orders = { first: [sagas.order1], both: [sagas.order1, sagas.order2], second: [sagas.order2] }[knowledge];
  const { basket, print, family, outside } = sagas;
  const engine = createSagaEngine<MemoryTransaction>({
    ...{ name: orchestrator, store, transport, relay, clock: life.clock },
    sagas: [...orders, basket, print, family, outside],
    newId: (nowMs) => newId(choices, nowMs),
    pollIntervalMs: 2_000,
    versionReportIntervalMs: 1_000_000_000,
    bornLeaseMs: 3_000,
  });
  relay.start();
  await engine.ensureTopics({ partitions: 2 });
  await engine.open();
  return { engine, sagas, knowledge, database };
}

/** A UUID v7 of the run's own. */
function newId(choices: Choices, nowMs: number): string {
  const time = nowMs.toString(16).padStart(12, '0');
  const hex = (digits: number): string =>
    choices
      .below(16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
}
type Choices = World['choices'];
