import type { MemoryTable, MemoryTransaction } from '@backstitch/postgres/testing';
import type { Installation } from '../engine/saga-store.js';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { InstanceRecord } from '../postgres/stored-instance.js';

/** An instance as a row in memory: bodies are JSON text, as in Postgres, so that nobody shares an object with the store. */
export interface MemoryInstanceRow extends InstanceRecord {
  readonly status: string;
  readonly paused: boolean;
  readonly wakeAt: number | null;
  readonly finishedAt: number | null;
  /** JSON of each journal entry, in order. */
  readonly journal: readonly string[];
}

export interface MemoryStartKeyRow {
  readonly sagaId: string;
  readonly fingerprint: string;
}

export interface MemoryLetterRow {
  readonly id: string;
  readonly sagaId: string;
  readonly seq: number;
  /** JSON. */
  readonly input: string;
}

export interface MemoryLockRow {
  readonly key: string;
  readonly place: number;
  readonly sagaId: string;
}

export interface MemoryDiscardRow {
  readonly sagaId: string;
  readonly step: string;
  readonly reason: string;
  readonly count: number;
}

/** The tables of `MemoryDatabase` that the stores use. */
export const memoryTables = {
  instances: 'saga_instances',
  startKeys: 'saga_start_keys',
  mailbox: 'saga_mailbox',
  discards: 'saga_discards',
  quarantine: 'saga_quarantine',
  installation: 'saga_installation',
  locks: 'saga_locks',
  fence: 'saga_fence',
  fenceQuarantine: 'fence_quarantine',
} as const;

export interface MemorySagaTables {
  readonly instances: MemoryTable<MemoryInstanceRow>;
  readonly startKeys: MemoryTable<MemoryStartKeyRow>;
  readonly mailbox: MemoryTable<MemoryLetterRow>;
  readonly discards: MemoryTable<MemoryDiscardRow>;
  readonly quarantine: MemoryTable<QuarantinedRecord>;
  readonly installation: MemoryTable<Installation>;
  readonly locks: MemoryTable<MemoryLockRow>;
}

export function memorySagaTables(tx: MemoryTransaction): MemorySagaTables {
  return {
    instances: tx.table(memoryTables.instances),
    startKeys: tx.table(memoryTables.startKeys),
    mailbox: tx.table(memoryTables.mailbox),
    discards: tx.table(memoryTables.discards),
    quarantine: tx.table(memoryTables.quarantine),
    installation: tx.table(memoryTables.installation),
    locks: tx.table(memoryTables.locks),
  };
}

export function letterKey(sagaId: string, id: string): string {
  return JSON.stringify([sagaId, id]);
}
