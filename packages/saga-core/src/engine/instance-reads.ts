import type { StoredRowSummary } from '@backstitch/outbox';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { SagaStatus } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';
import type { CheckedFilter } from './instance-filter.js';
import type { InstanceSummary } from './instance-summary.js';
import type { DiscardCount } from './saga-store.js';

/**
 * What may be read of a store beside what the engine itself needs. Nothing here locks, and nothing is unbounded: however large the store has
 * become, a call looks at as many rows as it was allowed. Postgres and memory pass one suite, `sagaStoreConformance` of `./testing`.
 */
export interface InstanceReads {
  /** The next instances that fit, in the order of their creation. */
  list(query: InstanceQuery): Promise<InstanceSlice>;
  /** How many instances there are of each saga, version and status; of each no more than `countTo` are counted. */
  counts(query: CountQuery): Promise<InstanceCounts>;
  /** Entries behind `afterSeq`, the oldest first. */
  journal(
    sagaId: string,
    page: { readonly afterSeq: number; readonly limit: number },
  ): Promise<readonly JournalEntry[]>;
  /** What became of the messages with these outbox ids. Rows that were pruned, withdrawn or never written are left out. */
  messages(outboxIds: readonly string[]): Promise<readonly StoredRowSummary[]>;
  discards(sagaId: string, limit: number): Promise<readonly DiscardCount[]>;
  /** Quarantined records that name the instance in what was kept of them, the newest first. */
  quarantined(sagaId: string, limit: number): Promise<readonly QuarantinedRecord[]>;
}

export type InstanceOrder = 'newest' | 'oldest';

/** Where a page ends. Two instances never share one. */
export interface InstancePosition {
  readonly createdAt: number;
  readonly id: string;
}

export interface InstanceQuery {
  readonly filter: CheckedFilter;
  readonly order: InstanceOrder;
  readonly limit: number;
  readonly after: InstancePosition | null;
  /**
   * Where no index serves the whole filter, as many instances are looked at for this page as this says (and at least `limit` + 1), in order.
   * The slice then may hold fewer than `limit`, or none, although there are more: `next` is where the look ended.
   */
  readonly examine: number;
}

export interface InstanceSlice {
  readonly instances: readonly InstanceSummary[];
  /** Null where there are no more. */
  readonly next: InstancePosition | null;
}

export interface CountQuery {
  readonly saga?: string;
  readonly version?: number;
  readonly countTo: number;
}

export interface InstanceCounts {
  readonly groups: readonly InstanceCount[];
  /** Those of them that are paused, whatever their status. */
  readonly paused: Counted;
}

export interface Counted {
  readonly count: number;
  /** There are more: the count ended at its bound. */
  readonly isMore: boolean;
}

export interface InstanceCount extends Counted {
  readonly saga: string;
  readonly version: number;
  readonly status: SagaStatus;
}
