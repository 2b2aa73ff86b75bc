import type { OutboxTable } from '@backstitch/outbox';
import type { MemoryDatabase, MemoryTransaction } from '@backstitch/postgres/testing';
import type {
  Counted,
  InstanceCount,
  InstancePosition,
  InstanceQuery,
  InstanceReads,
} from '../engine/instance-reads.js';
import { type InstanceSummary, summaryOf } from '../engine/instance-summary.js';
import { matchesFilter } from '../engine/matches-filter.js';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { SagaStatus } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';
import { type MemoryDiscardRow, type MemoryInstanceRow, memoryTables } from './memory-tables.js';

export interface MemoryInstanceReadsOptions {
  readonly database: MemoryDatabase;
  readonly outboxTable: OutboxTable<MemoryTransaction>;
  readonly nowMs: () => number;
}

/** What operators ask for, in memory, under the same rules as on Postgres. */
export function memoryInstanceReads({ database, outboxTable, nowMs }: MemoryInstanceReadsOptions): InstanceReads {
  const instances = (fits: (row: MemoryInstanceRow) => boolean): MemoryInstanceRow[] =>
    database.read((reader) => reader.table<MemoryInstanceRow>(memoryTables.instances).where(fits));
  return {
    async list(query) {
      const { filter, limit, examine } = query;
      const behind = instances((row) => isBehind(row, query))
        .map(summarized)
        .sort((one, other) => inOrder(one, other, query));
      const looked = behind.slice(0, Math.max(examine, limit + 1));
      const fitting = looked.filter((each) => matchesFilter(each, filter, nowMs()));
      const page = fitting.slice(0, limit);
      const ended = fitting.length > limit ? page.at(-1) : behind.length > looked.length ? looked.at(-1) : undefined;
      return { instances: page, next: ended === undefined ? null : { createdAt: ended.createdAt, id: ended.id } };
    },
    async counts({ saga, version, countTo }) {
      const rows = instances(
        (row) => (saga === undefined || row.saga === saga) && (version === undefined || row.version === version),
      );
      const paused = upTo(countTo, rows.filter((row) => row.paused).length);
      return { groups: groupsOf(rows).map((group) => countGroup(group, rows, countTo)), paused };
    },
    async journal(sagaId, { afterSeq, limit }) {
      const journal = instances((row) => row.id === sagaId)[0]?.journal ?? [];
      return journal.slice(afterSeq, afterSeq + limit).map((entry) => JSON.parse(entry) as JournalEntry);
    },
    messages: (outboxIds) => database.transaction((tx) => outboxTable.find(tx, outboxIds)),
    async discards(sagaId, limit) {
      const rows = database.read((reader) =>
        reader.table<MemoryDiscardRow>(memoryTables.discards).where((row) => row.sagaId === sagaId),
      );
      const place = ({ step, reason }: MemoryDiscardRow): string => `${step}\u0000${reason}`;
      return rows.sort((one, other) => compare(place(one), place(other))).slice(0, limit);
    },
    async quarantined(sagaId, limit) {
      const rows = database.read((reader) =>
        reader.table<QuarantinedRecord>(memoryTables.quarantine).where(({ head }) => head.includes(sagaId)),
      );
      return rows.reverse().slice(0, limit);
    },
  };
}

function summarized(row: MemoryInstanceRow): InstanceSummary {
  const { id, saga, version, hash, paused, startKey, state, tags, createdAt, updatedAt, finishedAt, wakeAt } = row;
  const status = row.status as SagaStatus;
  return summaryOf({
    ...{ id, saga, version, hash, status, paused, startKey, state, tags, createdAt, updatedAt, finishedAt, wakeAt },
  });
}

function isBehind(row: MemoryInstanceRow, { after, order }: InstanceQuery): boolean {
  return after === null || inOrder(after, row, { order }) < 0;
}

function inOrder(one: InstancePosition, other: InstancePosition, { order }: Pick<InstanceQuery, 'order'>): number {
  const oldestFirst = one.createdAt - other.createdAt || compare(one.id, other.id);
  return order === 'oldest' ? oldestFirst : -oldestFirst;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function groupsOf(rows: readonly MemoryInstanceRow[]): readonly Omit<InstanceCount, keyof Counted>[] {
  const groups = new Map(
    rows.map(({ saga, version, status }) => [
      JSON.stringify([saga, version, status]),
      { saga, version, status: status as SagaStatus },
    ]),
  );
  return [...groups.values()];
}

function countGroup(
  group: Omit<InstanceCount, keyof Counted>,
  rows: readonly MemoryInstanceRow[],
  countTo: number,
): InstanceCount {
  const { saga, version, status } = group;
  const found = rows.filter((row) => row.saga === saga && row.version === version && row.status === status).length;
  return { ...group, ...upTo(countTo, found) };
}

function upTo(countTo: number, found: number): Counted {
  return { count: Math.min(found, countTo), isMore: found > countTo };
}
