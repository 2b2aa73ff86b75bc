import type { Clock } from '@backstitch/messaging';
import { createMemoryOutbox } from '@backstitch/outbox/testing';
import { createMemoryDatabase, type MemoryDatabase, type MemoryTransaction } from '@backstitch/postgres/testing';
import type { JournalEntry } from '../machine/journal-event.js';
import type { SagaStatus } from '../machine/instance.js';
import { createMemoryFenceStore } from './memory-fence-store.js';
import { createMemorySagaStore, memoryNotSentHook } from './memory-saga-store.js';
import { type MemoryInstanceRow, memoryTables } from './memory-tables.js';
import { earliest, type EngineGround, type FenceEntry, type ParticipantGround } from './test-ground.js';

export interface MemoryGroundOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Handed to the author's functions in place of a transaction in memory. */
  readonly trx: { readonly value: unknown } | undefined;
}

/** The orchestrator's tables in memory. */
export function memoryEngineGround({ clock, trx }: MemoryGroundOptions): EngineGround<MemoryTransaction> {
  const database = createMemoryDatabase();
  const outbox = createMemoryOutbox({ database, nowMs: clock.now, onFailed: memoryNotSentHook(clock) });
  const store = createMemorySagaStore({ database, clock, outboxTable: outbox.table });
  const rows = (): readonly MemoryInstanceRow[] =>
    database.read((reader) => reader.table<MemoryInstanceRow>(memoryTables.instances).values());
  return {
    store: { ...store, transaction: (work) => store.transaction((tx) => work(standIn(tx, trx))) },
    outbox: outbox.store,
    async nextMoment() {
      const now = clock.now();
      return earliest([
        outbox.nextMomentMs(),
        ...rows().map(({ wakeAt }) => (wakeAt !== null && wakeAt > now ? wakeAt : null)),
      ]);
    },
    recordings: async () =>
      [...rows()]
        .sort((one, other) => one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1))
        .map(({ id, saga, version, hash, input, journal, status, state }) => ({
          ...{ id, saga, version, hash },
          input: input === null ? undefined : (JSON.parse(input) as unknown),
          journal: journal.map((entry) => JSON.parse(entry) as JournalEntry),
          status: status as SagaStatus,
          stateJson: state,
        })),
    drop: async () => undefined,
  };
}

/** A participant's tables in a memory of its own. */
export function memoryParticipantGround({ clock, trx }: MemoryGroundOptions): ParticipantGround<MemoryTransaction> {
  const database = createMemoryDatabase();
  const outbox = createMemoryOutbox({ database, nowMs: clock.now });
  const store = createMemoryFenceStore({ database, clock, outboxTable: outbox.table });
  return {
    store: { ...store, transaction: (work) => store.transaction((tx) => work(standIn(tx, trx))) },
    outbox: outbox.store,
    nextMoment: async () => outbox.nextMomentMs(),
    fences: async () => fencesIn(database),
    drop: async () => undefined,
  };
}

/** The author's functions believe what their types say of `trx`: the test says what stands in for it. */
function standIn<Tx extends { readonly trx: MemoryTransaction }>(tx: Tx, trx: MemoryGroundOptions['trx']): Tx {
  return trx === undefined ? tx : { ...tx, trx: trx.value as MemoryTransaction };
}

function fencesIn(database: MemoryDatabase): readonly FenceEntry[] {
  const rows = database.read((reader) =>
    reader.table<Pick<FenceEntry, 'status'> & { readonly place: string }>(memoryTables.fence).values(),
  );
  return rows.map(({ place, status }) => {
    const [sagaId, step, item, round] = JSON.parse(place) as [string, string, number, number];
    return { sagaId, step, item, round, status };
  });
}
