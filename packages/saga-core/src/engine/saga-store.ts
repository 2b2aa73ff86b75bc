import type { ClaimedRow, NewOutboxRow } from '@backstitch/outbox';
import type { SagaInstance, SagaStatus, StepStatus } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';
import type { InstanceReads } from './instance-reads.js';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { StoreFailure } from '../exchange/store-failure.js';
import type { LockAnswer, LockTaken, SagaInput } from '../machine/saga-input.js';
import type { WhenHeld } from '../definition/saga-locks.js';

/**
 * Where instances live. Postgres and memory pass one suite, `sagaStoreConformance` of `./testing`. All times are whole milliseconds of the
 * store's own clock (the database's), never of this process.
 */
export interface SagaStore<Trx> {
  /** A transaction of the library's own: all of it or nothing, and a resolved promise means that the commit was answered. */
  transaction<T>(work: (tx: SagaTransaction<Trx>) => Promise<T>): Promise<T>;
  /** The same face inside a transaction that the caller opened and will end. Throws for anything that is not an open transaction. */
  within(trx: Trx): SagaTransaction<Trx>;
  /** Reads without locks; unknown ids are left out. `now` is read with the rows. */
  load(ids: readonly string[]): Promise<{ readonly now: number; readonly instances: readonly StoredInstance[] }>;
  /** Where these instances stand, without their journals; unknown ids are left out. */
  statuses(ids: readonly string[]): Promise<ReadonlyMap<string, SagaStatus>>;
  /**
   * This moment of the store's clock, never ahead of it. It need not ask: what the store last said, with what a monotonic clock has counted
   * since then, will do as long as that is not long.
   */
  now(): Promise<number>;
  /** Ids of instances of the given definitions whose `wake_at` has come, the longest overdue first (to within ten seconds). */
  due(options: { readonly limit: number; readonly definitions: readonly DefinitionKey[] }): Promise<readonly string[]>;
  /** Which of these commands (by outbox row id) are still unsent. */
  unsent(outboxIds: readonly string[]): Promise<readonly string[]>;
  /** Inputs kept for an instance that no process could apply, oldest first. They stay until `SagaTransaction.save` names them in `taken`. */
  mailbox(sagaIds: readonly string[]): Promise<readonly Letter[]>;
  /** How the given instances stand in the queues of their lock keys; one that stands in none is left out. */
  lockQueue(sagaIds: readonly string[]): Promise<readonly LockPlace[]>;
  /** How many instances that are not terminal have this name and version, by hash. */
  liveHashes(definition: {
    readonly saga: string;
    readonly version: number;
  }): Promise<readonly { readonly hash: string; readonly live: number }[]>;
  /** Ids of the instances of a definition that are not terminal, in their order, from behind `after` on. */
  liveIds(
    options: DefinitionKey & { readonly after: string | null; readonly limit: number },
  ): Promise<readonly string[]>;
  /** Definitions with live instances that are not among these; each counted up to `countTo`. Cheap enough to be asked now and then. */
  liveBeyond(
    definitions: readonly DefinitionKey[],
    options: { readonly countTo: number },
  ): Promise<readonly LiveDefinition[]>;
  /** Where all live instances stand, counted. It reads each of them: once a deployment, not once a poll. */
  standings(): Promise<readonly Standing[]>;
  /** Insert-or-read: one identity and one token key for this store's schema, made once. */
  installation(): Promise<Installation>;
  /** Adds to bounded counters, one a (saga id, step, reason). */
  countDiscards(discards: readonly DiscardCount[]): Promise<void>;
  /** Keeps what could not be understood, bounded in size and number, for a person to look at. */
  quarantine(records: readonly QuarantinedRecord[]): Promise<void>;
  /** What operators ask for. */
  readonly reads: InstanceReads;
  /** Says what kind of failure an error of this store, or of the author's code on its transaction, is. By SQLSTATE or code, never by text. */
  classify(error: unknown): StoreFailure;
}

export interface DefinitionKey {
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
}

export interface LiveDefinition extends DefinitionKey {
  /** Instances that are not terminal, or have mail: a child that has completed may be told to turn back. */
  readonly live: number;
  /** Of those, how many should have been looked at more than a minute ago: nobody who knows their definition seems to run. */
  readonly overdue: number;
}

/** Live instances of one definition that stand at the same place. */
export interface Standing extends DefinitionKey {
  readonly status: SagaStatus;
  readonly paused: boolean;
  /** Steps that they have been at. */
  readonly steps: Readonly<Record<string, StepStatus>>;
  readonly count: number;
}

export interface StoredInstance {
  readonly instance: SagaInstance;
  /** Rises with every save; `save` is refused where it moved on. */
  readonly revision: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly startKey: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Statements that belong to one transaction. None may be used after it ended. */
export interface SagaTransaction<Trx> {
  /** What the author's local steps receive. */
  readonly trx: Trx;
  now(): Promise<number>;
  /** What `work` did is undone when it throws, the rest of the transaction stays usable, and the error is thrown on. */
  savepoint<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Claims a start key for a saga by name. Waits for a rival that holds the key uncommitted, at most the store's lock timeout, then
   * answers `busy` with the transaction still usable. Keys outlive their instances.
   */
  claimStartKey(claim: StartKeyClaim): Promise<StartKeyAnswer>;
  /**
   * Puts an instance that is being started into the queue of each of its keys, at once and in one order for everybody, so that two instances
   * stand in the same order in all the queues that they share. Nothing is put there where the answer is `refused` or `busy`: another transaction
   * that put itself into one of the queues was still open after the store's lock timeout. The transaction stays usable whatever the answer.
   */
  enqueueLocks(request: LockRequest): Promise<LockTaken>;
  /** Whether an instance is the first in the queues of all its keys. Waits for nobody. */
  checkLocks(sagaId: string): Promise<LockAnswer>;
  /** New instances with their journal and messages, and then the letters to them. Their first revision is 1. */
  insert(instances: readonly NewStoredInstance[], options?: SaveOptions): Promise<readonly ClaimedRow[]>;
  /** Loads and locks rows until the transaction ends, in id order so that two of these cannot deadlock. */
  lock(ids: readonly string[]): Promise<readonly StoredInstance[]>;
  /** Locks rows as `lock` does, and answers only their revisions: an instance that was read before and has the same one is the same. */
  hold(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Saves instances whose revision is still the one given, locking in id order. Of a loser nothing is written: no state, no journal entry,
   * no message, no mark, no letter taken. Answers who was saved and the messages that were born under a lease.
   *
   * An instance that is completed or compensated leaves the queues of its keys, and whoever becomes the first in one gets the letter
   * `locksFreed`: in this transaction, so that no lock is ever free without somebody being told.
   */
  save(changes: readonly InstanceChange[], options?: SaveOptions): Promise<SaveResult>;
  /** Takes back commands that are certainly unsent, by outbox row id; answers which. */
  withdraw(outboxIds: readonly string[]): Promise<readonly string[]>;
  /**
   * Keeps an input for an instance and wakes it, a parked, paused or finished one too: until a save takes its last letter an instance stays
   * due, whatever `wakeAt` that save gave. Answers the ids of the letters whose instance does not exist: those are not kept.
   */
  post(letters: readonly NewLetter[]): Promise<readonly string[]>;
  /** Runs once the transaction may have ended: a hint, after a rollback too, and where the driver cannot tell it never comes. */
  afterEnd(run: () => void): void;
  /** Whether it has ended, by either end; `unknown` where the driver cannot tell. */
  phase(): 'open' | 'ended' | 'unknown';
}

export interface SaveOptions {
  /** Messages are born under a lease of the caller's, to be published from memory after the commit. */
  readonly bornLeaseMs?: number;
}

export interface StartKeyClaim {
  readonly saga: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly sagaId: string;
}
export type StartKeyAnswer =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'taken'; readonly sagaId: string; readonly fingerprint: string }
  | { readonly kind: 'busy' };

export interface NewStoredInstance {
  readonly instance: SagaInstance;
  readonly entries: readonly JournalEntry[];
  readonly messages: readonly NewOutboxRow[];
  readonly wakeAt: number | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly startKey: string | null;
}

export interface InstanceChange {
  readonly instance: SagaInstance;
  /** The revision that was loaded. */
  readonly revision: number;
  readonly entries: readonly JournalEntry[];
  readonly messages: readonly NewOutboxRow[];
  /** `null` only for an instance that is terminal, parked or paused: the schema checks it. */
  readonly wakeAt: number | null;
  /** Outbox rows that a reply proved delivered. */
  readonly delivered: readonly string[];
  /** Letters that were applied with this change. */
  readonly taken: readonly string[];
  /** Children that begin with it. */
  readonly born: readonly NewStoredInstance[];
  /** To other instances: each is kept, and wakes its reader. Letters to those that do not exist are dropped. */
  readonly letters: readonly NewLetter[];
  /** The version, hash and input are written too: nothing but a migration may change them. */
  readonly migrated?: true;
}

export interface SaveResult {
  readonly saved: readonly string[];
  readonly claimed: readonly ClaimedRow[];
  /** Instances that were told that a lock is free: due at once. */
  readonly freed: readonly string[];
}

export interface LockRequest {
  readonly sagaId: string;
  /** At least one, each once. */
  readonly keys: readonly string[];
  readonly whenHeld: WhenHeld;
  /** Waits no longer than this for other starts on the same keys. Default: the store's lock timeout. */
  readonly patienceMs?: number;
}
/** Where an instance stands in the queues of its keys. */
export interface LockPlace {
  readonly sagaId: string;
  /** How many instances stand behind it in at least one queue. */
  readonly blocking: number;
  /** The keys of which it is not the first, and who is. Empty: it holds its locks. */
  readonly waitingFor: readonly { readonly key: string; readonly heldBy: string }[];
}

export interface NewLetter {
  /** Given by the sender of the letter: the same id is kept once an instance. */
  readonly id: string;
  readonly sagaId: string;
  readonly input: SagaInput;
}
export type Letter = NewLetter;

export interface Installation {
  readonly id: string;
  /** Hex, 32 bytes: the key of reply tokens unless one is configured. */
  readonly tokenKey: { readonly id: string; readonly secret: string };
}

export interface DiscardCount {
  readonly sagaId: string;
  readonly step: string;
  readonly reason: string;
  readonly count: number;
}
