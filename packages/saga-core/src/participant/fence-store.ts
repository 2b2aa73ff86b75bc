import type { ClaimedRow, NewOutboxRow } from '@backstitch/outbox';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { StoreFailure } from '../exchange/store-failure.js';

/** Where a participant remembers what became of each command. Postgres and memory pass one suite, `fenceStoreConformance` of `./testing`. */
export interface FenceStore<Trx> {
  /** A transaction of the library's own in the participant's database: fence, the handler's writes and the reply commit together. */
  transaction<T>(work: (tx: FenceTransaction<Trx>) => Promise<T>): Promise<T>;
  quarantine(records: readonly QuarantinedRecord[]): Promise<void>;
  /** As `SagaStore.classify`. */
  classify(error: unknown): StoreFailure;
  /** Forgets what was settled longer ago than `olderThanMs`, at most `limit` rows. Answers how many. */
  prune(options: { readonly olderThanMs: number; readonly limit: number }): Promise<number>;
}

export interface FenceTransaction<Trx> {
  /** What handlers receive. */
  readonly trx: Trx;
  /** Milliseconds of the database's clock. */
  now(): Promise<number>;
  /** What `work` did is undone when it throws, the rest of the transaction stays usable, and the error is thrown on. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
  /**
   * The one row that do and undo of a step's round share, locked until the transaction ends. It is made where it was missing, so that two
   * copies of a command, or a command and its undo, take turns.
   */
  claim(key: FenceKey): Promise<FenceRow>;
  /** Records what became of it. */
  settle(key: FenceKey, row: FenceRow): Promise<void>;
  publish(rows: readonly NewOutboxRow[], options: { readonly bornLeaseMs: number }): Promise<readonly ClaimedRow[]>;
}

export interface FenceKey {
  readonly sagaId: string;
  readonly step: string;
  /** -1 where the step has no items. */
  readonly item: number;
  readonly round: number;
}

/**
 * `fresh`: nothing is known. `succeeded`, `declined`: the do ran, this was its reply. `tombstone`: an undo came first, or the do was never
 * seen; a late do is refused. `undone`: the do had succeeded and its undo has run.
 */
export type FenceStatus = 'fresh' | 'succeeded' | 'declined' | 'tombstone' | 'undone';

export interface FenceRow {
  readonly status: FenceStatus;
  /** JSON of the body that was answered to the do, as it is answered again to a duplicate. */
  readonly doReply: string | null;
  readonly undoReply: string | null;
}
