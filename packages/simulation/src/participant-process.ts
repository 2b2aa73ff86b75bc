import { createRelay } from '@backstitch/outbox';
import { createMemoryOutbox } from '@backstitch/outbox/testing';
import type { MemoryTransaction } from '@backstitch/postgres/testing';
import {
  type Answers,
  createAnswers,
  createParticipantRunner,
  type FenceStore,
  type FenceTransaction,
  type ParticipantRunner,
} from '@backstitch/saga-core/participant';
import { createMemoryFenceStore } from '@backstitch/saga-core/testing';
import { orchestrator } from './engine-process.js';
import { unansweredCommands } from './invariants/acknowledged-batch.js';
import type { MutantPlace } from './mutants/mutant.js';
import { faultyDatabase } from './ports/faulty-database.js';
import { faultyStore } from './ports/faulty-store.js';
import { faultyTransport } from './ports/faulty-transport.js';
import type { Port } from './ports/port.js';
import { relayPace } from './ports/relay-pace.js';
import { watchedFenceStore } from './ports/watched-fence-store.js';
import { watchedOutboxStore } from './ports/watched-outbox-store.js';
import { staffing } from './workload/participants.js';
import type { Ground, World } from './world.js';

/** A process with a participant and a relay in it. */
export async function bootParticipant(world: World, name: string, port: Port): Promise<ParticipantRunner> {
  const { scheduler, choices, sightings, mutant, watch } = world;
  const { life } = port;
  const ground = world.participantGrounds.get(name) as Ground;
  const database = faultyDatabase(ground.database, port);
  const outbox = createMemoryOutbox({ database, nowMs: scheduler.now });
  const real = createMemoryFenceStore({ database, clock: { now: scheduler.now }, outboxTable: ground.outboxTable });
  const place: MutantPlace = {
    ...{ life, database: ground.database, nowMs: scheduler.now },
    relay: { publish: () => undefined, hint: () => undefined },
  };
  const watched = watchedFenceStore(
    faultyStore<FenceTransaction<MemoryTransaction>, FenceStore<MemoryTransaction>>(real, database, port),
    sightings,
  );
  const store = mutant?.fenceStore?.(watched, place) ?? watched;
  const outboxStore = mutant?.participantOutbox?.(outbox.store, place) ?? outbox.store;
  const plain = faultyTransport(world, port, (batch) => {
    for (const fault of unansweredCommands(batch, ground.database)) watch.broken(fault);
  });
  const transport = mutant?.participantTransport?.(plain, place) ?? plain;
  const relay = createRelay({
    ...relayPace(world, life),
    store: watchedOutboxStore(outboxStore, { sightings, claims: ground.claims, name: life.name }),
    transport,
  });
  const answers: Answers<MemoryTransaction> = createAnswers({ store, relay });
  const hire = staffing[name];
  if (hire === undefined) throw new Error(`nobody is called ${name}`);
  const participant = hire({
    ...{ life, choices, outside: world.outside },
    isCalm: () => !world.plan().isOn,
    answers: () => answers,
    inTransaction: (work) => database.transaction(work),
    notices: {
      broken: watch.broken,
      acceptedIsUndone: () => sightings.saw('an accepted command was undone'),
      answeredLater: () => sightings.saw('a command was accepted and answered later'),
    },
  });
  const runner = createParticipantRunner<MemoryTransaction>({
    ...{ participant, store, transport, relay, orchestrators: [orchestrator] },
    bornLeaseMs: 3_000,
    concurrency: 4,
  });
  relay.start();
  await runner.ensureTopics({ partitions: 2 });
  await runner.open();
  return runner;
}
