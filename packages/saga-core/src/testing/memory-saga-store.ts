import type { Clock } from '@backstitch/messaging';
import type { FailedRow, OutboxTable } from '@backstitch/outbox';
import { memoryOutboxTable } from '@backstitch/outbox/testing';
import type { MemoryDatabase, MemoryTransaction } from '@backstitch/postgres/testing';
import type { DiscardCount, Installation, Letter, SagaStore } from '../engine/saga-store.js';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { SagaStatus } from '../machine/instance.js';
import type { SagaInput } from '../machine/saga-input.js';
import { classifyFailure } from '../postgres/classify-failure.js';
import { mergeDiscards } from '../postgres/count-discards.js';
import { defaultQuarantineRows } from '../postgres/insert-quarantine.js';
import { commandsAmong, notSentLetters } from '../postgres/not-sent-letters.js';
import { newInstallation } from '../postgres/read-installation.js';
import { storedInstance } from '../postgres/stored-instance.js';
import { ownEnd } from '../postgres/transaction-end.js';
import { memoryInstanceReads } from './memory-instance-reads.js';
import { isOf, memoryLiveReads } from './memory-live.js';
import { quarantineInMemory } from './memory-quarantine.js';
import { lockQueueOf } from './memory-locks.js';
import { memorySagaTransaction, postLettersInMemory } from './memory-saga-transaction.js';
import {
  type MemoryDiscardRow,
  type MemoryInstanceRow,
  type MemoryLetterRow,
  memorySagaTables,
  memoryTables,
} from './memory-tables.js';

export interface MemorySagaStoreOptions {
  readonly database: MemoryDatabase;
  /** Decides everything here, as the database's clock does on Postgres. */
  readonly clock: Pick<Clock, 'now'>;
  /** The table of `createMemoryOutbox` on the same database. */
  readonly outboxTable: OutboxTable<MemoryTransaction>;
  /** Quarantined records that are kept. Default 10,000. */
  readonly quarantineRows?: number;
  /** What `installation()` makes. Default: random, as on Postgres; a simulation that must repeat itself gives its own. */
  readonly newInstallation?: () => Installation;
}

export interface MemorySagaStore extends SagaStore<MemoryTransaction> {
  /** What was counted, for assertions. */
  discards(): readonly DiscardCount[];
  /** What was quarantined, oldest first, for assertions. */
  quarantined(): readonly QuarantinedRecord[];
}

/** Instances in memory, under the same rules as on Postgres. */
export function createMemorySagaStore(options: MemorySagaStoreOptions): MemorySagaStore {
  const { database, clock, outboxTable, quarantineRows = defaultQuarantineRows } = options;
  const transactionOptions = { nowMs: clock.now, outboxTable };
  const instances = (fits: (row: MemoryInstanceRow) => boolean): MemoryInstanceRow[] =>
    database.read((reader) => reader.table<MemoryInstanceRow>(memoryTables.instances).where(fits));
  return {
    async transaction(work) {
      const end = ownEnd();
      try {
        return await database.transaction((tx) => work(memorySagaTransaction(tx, { ...transactionOptions, end })));
      } finally {
        end.tell();
      }
    },
    within: (trx) => memorySagaTransaction(trx, transactionOptions),
    async load(ids) {
      const rows = database.read((reader) => {
        const table = reader.table<MemoryInstanceRow>(memoryTables.instances);
        return [...new Set(ids)].sort().flatMap((id) => table.get(id) ?? []);
      });
      return { now: clock.now(), instances: rows.map((row) => storedInstance(row, row.journal)) };
    },
    statuses: async (ids) =>
      new Map(instances(({ id }) => ids.includes(id)).map(({ id, status }) => [id, status as SagaStatus])),
    now: async () => clock.now(),
    async due({ limit, definitions }) {
      const now = clock.now();
      return instances((row) => row.wakeAt !== null && row.wakeAt <= now && definitions.some((each) => isOf(row, each)))
        .sort((one, other) => (one.wakeAt ?? 0) - (other.wakeAt ?? 0))
        .slice(0, limit)
        .map((row) => row.id);
    },
    unsent: (outboxIds) => database.transaction((tx) => outboxTable.unsent(tx, outboxIds)),
    async mailbox(sagaIds) {
      const wanted = new Set(sagaIds);
      const rows = database.read((reader) =>
        reader.table<MemoryLetterRow>(memoryTables.mailbox).where((row) => wanted.has(row.sagaId)),
      );
      return rows
        .sort((one, other) => one.seq - other.seq)
        .map(({ id, sagaId, input }): Letter => ({ id, sagaId, input: JSON.parse(input) as SagaInput }));
    },
    ...memoryLiveReads(instances, clock),
    lockQueue: async (sagaIds) => database.read((reader) => lockQueueOf(reader.table(memoryTables.locks), sagaIds)),
    installation: () =>
      database.transaction(async (tx) => {
        const { installation } = memorySagaTables(tx);
        const found = installation.get('') ?? (options.newInstallation ?? newInstallation)();
        installation.set('', found);
        return found;
      }),
    countDiscards: (discards) =>
      database.transaction(async (tx) => {
        const table = memorySagaTables(tx).discards;
        for (const given of mergeDiscards(discards)) {
          const key = JSON.stringify([given.sagaId, given.step, given.reason]);
          table.set(key, { ...given, count: (table.get(key)?.count ?? 0) + given.count });
        }
      }),
    quarantine: (records) =>
      database.transaction(async (tx) =>
        quarantineInMemory(tx, records, { table: memoryTables.quarantine, rows: quarantineRows }),
      ),
    reads: memoryInstanceReads({ database, outboxTable, nowMs: clock.now }),
    classify: classifyFailure,
    discards: () => database.read((reader) => reader.table<MemoryDiscardRow>(memoryTables.discards).values()),
    quarantined: () => database.read((reader) => reader.table<QuarantinedRecord>(memoryTables.quarantine).values()),
  };
}

/** For `onFailed` of `createMemoryOutbox`: as `notSentHook` on Postgres. */
export function memoryNotSentHook(
  clock: Pick<Clock, 'now'>,
): (tx: MemoryTransaction, rows: readonly FailedRow[]) => Promise<void> {
  const outbox = memoryOutboxTable({ nowMs: () => clock.now(), nextSeq: () => 0 });
  return async (tx, rows) => {
    await outbox.leaveLane(tx, commandsAmong(rows));
    postLettersInMemory(tx, notSentLetters(rows), clock.now());
  };
}
