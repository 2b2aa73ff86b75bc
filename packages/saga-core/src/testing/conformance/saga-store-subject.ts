import type { OutboxOperations, OutboxStore } from '@backstitch/outbox';
import type { DiscardCount, SagaStore } from '../../engine/saga-store.js';
import type { QuarantinedRecord } from '../../exchange/quarantined-record.js';

/** An implementation of `SagaStore`, and what its surroundings can do. */
export interface SagaStoreSubject {
  readonly name: string;
  /** Whether two transactions can be open at the same time. Where not, the cases about waiting for a rival are left out. */
  readonly concurrent: boolean;
  /** An empty store. */
  open(options: SagaStoreOpenOptions): Promise<SagaStoreUnderTest<unknown>>;
}

export interface SagaStoreOpenOptions {
  readonly lockTimeoutMs: number;
  readonly quarantineRows: number;
}

export interface SagaStoreUnderTest<Trx> {
  readonly store: SagaStore<Trx>;
  /** A transaction that the user opens: commits where `work` returns, rolls back and rethrows where it throws. */
  transaction<T>(work: (trx: Trx) => Promise<T>): Promise<T>;
  /** The relay's side of the outbox that the store writes to; its `onFailed` is the hook that tells sagas of unsent commands. */
  readonly outbox: OutboxStore;
  readonly operations: OutboxOperations;
  /** Lets `ms` milliseconds pass for the clock that decides what is due and which leases hold. */
  elapse(ms: number): Promise<void>;
  discards(): Promise<readonly DiscardCount[]>;
  /** Oldest first. */
  quarantined(): Promise<readonly QuarantinedRecord[]>;
  close(): Promise<void>;
}

export type SagaStoreStage = SagaStoreUnderTest<unknown>;

/** One promise of the port, and the way to find it broken. */
export interface SagaStoreCase {
  /** A sentence about the store. */
  readonly name: string;
  /** Needs two transactions that are open at the same time. */
  readonly concurrent?: boolean;
  run(stage: SagaStoreStage): Promise<void>;
}

/** What the suites need of a test runner: vitest's own functions fit, and so do those of node:test. */
export interface StoreConformanceApi {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
}

export const quarantineRows = 5;
/** Short: one case waits it out. */
export const lockTimeoutMs = 150;
