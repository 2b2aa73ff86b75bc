import type { OutboundRecord } from '@backstitch/messaging';
import { createInMemoryBroker, type InMemoryBroker } from '@backstitch/messaging/testing';
import type { OutboxTable } from '@backstitch/outbox';
import { memoryOutboxTable } from '@backstitch/outbox/testing';
import { createMemoryDatabase, type MemoryDatabase, type MemoryTransaction } from '@backstitch/postgres/testing';
import type { Choices } from './choices.js';
import type { FaultPlan } from './fault-plan.js';
import { createWatch, type Watch } from './invariants/watch.js';
import type { Mutant } from './mutants/mutant.js';
import type { Claims } from './ports/watched-outbox-store.js';
import type { Scheduler } from './scheduler.js';
import { createSightings, type Sightings } from './sightings.js';
import { createOutsideService, type OutsideService } from './workload/outside-service.js';
import { createSagaPool, type SagaPool } from './workload/saga-pool.js';

/** A database of the world: it outlives the processes that use it. */
export interface Ground {
  readonly database: MemoryDatabase;
  readonly outboxTable: OutboxTable<MemoryTransaction>;
  readonly claims: Claims;
}

/** What all processes of a run live in. */
export interface World {
  readonly choices: Choices;
  readonly scheduler: Scheduler;
  readonly broker: InMemoryBroker;
  readonly engineGround: Ground;
  readonly participantGrounds: ReadonlyMap<string, Ground>;
  readonly outside: OutsideService;
  readonly sagas: SagaPool;
  /** Every record that was ever handed to the broker, in order: what it lost too. */
  readonly sent: OutboundRecord[];
  readonly sightings: Sightings;
  readonly watch: Watch;
  readonly mutant: Mutant | undefined;
  plan(): FaultPlan & { readonly isOn: boolean };
  /** From now on nothing goes wrong. */
  heal(): void;
}

export interface WorldOptions {
  readonly choices: Choices;
  readonly scheduler: Scheduler;
  readonly plan: FaultPlan;
  readonly participants: readonly string[];
  readonly mutant: Mutant | undefined;
}

export function createWorld({ choices, scheduler, plan, participants, mutant }: WorldOptions): World {
  const broker = createInMemoryBroker({
    random: {
      next: choices.unit,
      integer: choices.below,
      chance: choices.chance,
      shuffle: (items) => shuffled(choices, items),
    },
    clock: { now: scheduler.now, setTimer: scheduler.setTimer },
    faults: plan.broker,
  });
  let current = { ...plan, isOn: true };
  return {
    ...{ choices, scheduler, broker, mutant },
    engineGround: createGround(scheduler),
    participantGrounds: new Map(participants.map((name) => [name, createGround(scheduler)])),
    outside: createOutsideService(),
    sagas: createSagaPool(),
    sent: [],
    sightings: createSightings(),
    watch: createWatch(),
    plan: () => current,
    heal() {
      current = { ...plan, isOn: false };
      broker.calm();
      broker.heal();
      scheduler.calm();
    },
  };
}

function createGround(scheduler: Scheduler): Ground {
  let seq = 0;
  return {
    database: createMemoryDatabase(),
    outboxTable: memoryOutboxTable({ nowMs: scheduler.now, nextSeq: () => ++seq }),
    claims: new Map(),
  };
}

/** Fisher and Yates. Zeros leave the order as it is. */
function shuffled<T>(choices: Choices, items: readonly T[]): T[] {
  const mixed = [...items];
  for (let at = 0; at < mixed.length - 1; at += 1) {
    const other = at + choices.below(mixed.length - at);
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}
