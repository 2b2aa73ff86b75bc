import type { ClaimedRow, NewOutboxRow } from '@backstitch/outbox';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { StoreFailure } from '../exchange/store-failure.js';

/** Where a participant remembers what became of each command. Postgres and memory pass one suite, `fenceStoreConformance` of `./testing`. */
export interface FenceStore<Trx> {
  /** A transaction of the library's own in the participant's database: fence, the handler's writes and the reply commit together. */
  transaction<T>(work: (tx: FenceTransaction<Trx>) => Promise<T>): Promise<T>;
  /** The same face inside a transaction that the caller opened and will end. Throws for anything that is not an open transaction. */
  within(trx: Trx): FenceTransaction<Trx>;
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
  /**
   * The one row that do and undo of a step's round share: nobody else claims, finds or settles it until the transaction ends, whether it is there
   * or not. So two copies of a command, or a command and its undo, take turns.
   */
  claim(key: FenceKey): Promise<FenceRow>;
  /**
   * Claims many rows in one statement, and answers them in the order given. No key comes twice. Those that are there are locked in the order of their keys; those that
   * are not are nobody's, and `record` finds out whether they still are not.
   */
  claimAll(keys: readonly FenceKey[]): Promise<readonly FenceRow[]>;
  /** The row, locked until the transaction ends; nothing is made where it is missing. */
  find(key: FenceKey): Promise<FenceRow | undefined>;
  /** Records what became of it, whether it was claimed or not. */
  settle(key: FenceKey, row: FenceRow): Promise<void>;
  /**
   * Records what became of claimed rows, and publishes the replies. Throws what `classify` names a conflict where somebody else has made a row
   * that was not there when it was claimed.
   */
  record(records: FenceRecords, options: { readonly bornLeaseMs: number }): Promise<readonly ClaimedRow[]>;
  /** Removes the row: the command may run again. */
  forget(key: FenceKey): Promise<void>;
  /** Without a lease they are the relay's, and nothing is answered. */
  publish(rows: readonly NewOutboxRow[], options: { readonly bornLeaseMs?: number }): Promise<readonly ClaimedRow[]>;
  /** Runs once the transaction may have ended: a hint, after a rollback too, and where the driver cannot tell it never comes. */
  afterEnd(run: () => void): void;
}

export interface FenceRecords {
  /** No key comes twice. */
  readonly settled: readonly { readonly key: FenceKey; readonly row: FenceRow }[];
  readonly replies: readonly NewOutboxRow[];
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
 * seen; a late do is refused. `undone`: the do had succeeded and its undo has run. `accepted`, `undoing`: the do, or the undo, is answered later.
 */
export type FenceStatus = 'fresh' | 'succeeded' | 'declined' | 'tombstone' | 'undone' | 'accepted' | 'undoing';

export interface FenceRow {
  readonly status: FenceStatus;
  /** JSON of the body that was answered to the do, as it is answered again to a duplicate. */
  readonly doReply: string | null;
  readonly undoReply: string | null;
  /** JSON of where to answer what was accepted (`pending-reply.ts`); absent where nothing is. */
  readonly pending?: string;
}
