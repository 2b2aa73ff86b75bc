import type { Clock } from '@backstitch/messaging';
import type { OutboxTable } from '@backstitch/outbox';
import type { MemoryDatabase, MemoryTable, MemoryTransaction } from '@backstitch/postgres/testing';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { FenceKey, FenceRecords, FenceRow, FenceStore, FenceTransaction } from '../participant/fence-store.js';
import { classifyFailure } from '../postgres/classify-failure.js';
import { fenceKeyValues } from '../postgres/fence-key.js';
import { defaultQuarantineRows } from '../postgres/insert-quarantine.js';
import { ownEnd, type TransactionEnd } from '../postgres/transaction-end.js';
import { quarantineInMemory } from './memory-quarantine.js';
import { memoryTables } from './memory-tables.js';

export interface MemoryFenceStoreOptions {
  readonly database: MemoryDatabase;
  /** Decides everything here, as the database's clock does on Postgres. */
  readonly clock: Pick<Clock, 'now'>;
  /** The table of `createMemoryOutbox` on the same database. */
  readonly outboxTable: OutboxTable<MemoryTransaction>;
  /** Quarantined records that are kept. Default 10,000. */
  readonly quarantineRows?: number;
}

interface MemoryFenceRow extends FenceRow {
  readonly place: string;
  readonly settledAt: number | null;
}

export interface MemoryFenceStore extends FenceStore<MemoryTransaction> {
  /** What is committed about a command, for assertions. */
  row(key: FenceKey): FenceRow | undefined;
  /** What was quarantined, oldest first, for assertions. */
  quarantined(): readonly QuarantinedRecord[];
}

const placeOf = (key: FenceKey): string => JSON.stringify(fenceKeyValues(key));

/** The fence in memory, under the same rules as on Postgres. Transactions take turns, so a claim never waits inside one. */
export function createMemoryFenceStore(options: MemoryFenceStoreOptions): MemoryFenceStore {
  const { database, clock, outboxTable, quarantineRows = defaultQuarantineRows } = options;
  const fence = (tx: MemoryTransaction) => tx.table<MemoryFenceRow>(memoryTables.fence);
  const settle = (tx: MemoryTransaction, { key, row }: FenceRecords['settled'][number]): void => {
    const place = placeOf(key);
    fence(tx).set(place, { ...publicRow(row), place, settledAt: row.status === 'fresh' ? null : clock.now() });
  };
  const face = (tx: MemoryTransaction, end?: TransactionEnd): FenceTransaction<MemoryTransaction> => ({
    trx: tx,
    now: async () => clock.now(),
    async claim(key) {
      return claimed(fence(tx), key);
    },
    async claimAll(keys) {
      return keys.map((key) => claimed(fence(tx), key));
    },
    async find(key) {
      const row = fence(tx).get(placeOf(key));
      return row === undefined ? undefined : publicRow(row);
    },
    async settle(key, row) {
      settle(tx, { key, row });
    },
    async record({ settled, replies }, publishOptions) {
      for (const each of settled) settle(tx, each);
      return outboxTable.insert(tx, replies, publishOptions);
    },
    async forget(key) {
      fence(tx).delete(placeOf(key));
    },
    publish: (rows, publishOptions) => outboxTable.insert(tx, rows, publishOptions),
    // A caller's in memory does not tell its end: as with pg, the hint never comes.
    afterEnd: (run) => end?.afterEnd(run),
  });
  return {
    async transaction(work) {
      const end = ownEnd();
      try {
        return await database.transaction((tx) => work(face(tx, end)));
      } finally {
        end.tell();
      }
    },
    within: (trx) => face(trx),
    quarantine: (records) =>
      database.transaction(async (tx) =>
        quarantineInMemory(tx, records, { table: memoryTables.fenceQuarantine, rows: quarantineRows }),
      ),
    classify: classifyFailure,
    prune: ({ olderThanMs, limit }) =>
      database.transaction(async (tx) => {
        const before = clock.now() - olderThanMs;
        const old = fence(tx)
          .where(({ settledAt }) => settledAt !== null && settledAt < before)
          .sort((one, other) => (one.settledAt ?? 0) - (other.settledAt ?? 0))
          .slice(0, limit);
        for (const { place } of old) fence(tx).delete(place);
        return old.length;
      }),
    row(key) {
      const found = database.read((reader) => reader.table<MemoryFenceRow>(memoryTables.fence).get(placeOf(key)));
      return found === undefined ? undefined : publicRow(found);
    },
    quarantined: () =>
      database.read((reader) => reader.table<QuarantinedRecord>(memoryTables.fenceQuarantine).values()),
  };
}

/** Transactions take turns: what is not there when it is claimed is not there when it is recorded. */
function claimed(rows: MemoryTable<MemoryFenceRow>, key: FenceKey): FenceRow {
  const row = rows.get(placeOf(key));
  return row === undefined ? { status: 'fresh', doReply: null, undoReply: null } : publicRow(row);
}

function publicRow({ status, doReply, undoReply, pending }: FenceRow): FenceRow {
  return { status, doReply, undoReply, ...(pending === undefined ? {} : { pending }) };
}
