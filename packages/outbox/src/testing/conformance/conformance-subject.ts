import type { DeadLetterTopic } from '../../dead-letter-row.js';
import type { OutboxOperations } from '../../outbox-operations.js';
import type { FailedRow, OutboxStore } from '../../outbox-store.js';
import type { OutboxTable } from '../../outbox-table.js';

/** An implementation of the outbox's ports, and what its surroundings can do. */
export interface OutboxConformanceSubject {
  readonly name: string;
  /** An empty outbox whose first retry waits `retryBaseMs`, and whose `onFailed` hands its rows to `onFailed`. */
  open(options: OpenOptions): Promise<OutboxUnderTest<unknown>>;
}

export interface OpenOptions {
  readonly retryBaseMs: number;
  readonly onFailed: (rows: readonly FailedRow[]) => void;
  readonly deadLetterTopic: DeadLetterTopic;
}

export interface OutboxUnderTest<Tx> {
  readonly store: OutboxStore;
  readonly table: OutboxTable<Tx>;
  readonly operations: OutboxOperations;
  /** Commits where `work` returns, rolls back and rethrows where it throws. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Lets `ms` milliseconds pass for the clock that decides about leases, retries and ages. */
  elapse(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What the suite needs of a test runner: vitest's own functions fit, and so do those of node:test. */
export interface OutboxConformanceApi {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

/** One promise of the ports, and the way to find it broken. */
export interface OutboxConformanceCase {
  /** A sentence about the outbox. */
  readonly name: string;
  run(stage: OutboxStage): Promise<void>;
}

export interface OutboxStage extends OutboxUnderTest<unknown> {
  /** What `onFailed` was given, in order. */
  readonly failed: readonly FailedRow[];
}

/** The one topic that has a topic for its dead letters. */
export const doomedTopic = 'doomed';
/** The first retry's wait in every case. */
export const retryBaseMs = 5_000;
/** A lease that lasts as long as no case lets time pass. */
export const leaseMs = 30_000;
