import type { Logger } from '@backstitch/messaging';
import type { BrokerFaults } from '@backstitch/messaging/testing';
import type { Duration } from '../definition/duration.js';
import type { AnySaga } from '../definition/step-list.js';
import type { InstanceView } from '../engine/instance-view.js';
import type { SagaEngine } from '../engine/saga-engine.js';
import type { SagaStatus } from '../machine/instance.js';
import type { Recording } from '../operations/recording.js';
import type { Participant } from '../participant/participant.js';
import type { DatabaseSource } from '../postgres/database-source.js';
import type { SentMessage } from './sent-message.js';
import type { TestProcess } from './test-process.js';

export interface TestEngineOptions<Trx> {
  readonly sagas: readonly AnySaga[];
  /**
   * The participants' real definitions. A database of its own where given, else that of the engine, each in a schema of its own. A participant that
   * is missing here never answers: write one of the contract's stubs with `participant(contract, handlers)`.
   */
  readonly participants?: readonly (Participant | PlacedParticipant)[];
  /** The orchestrator's name. Default `test`. */
  readonly name?: string;
  /** Your own `Knex` or `pg.Pool`: real tables, real transactions. Absent: all is kept in memory. */
  readonly database?: DatabaseSource<Trx>;
  /** The schema of the library's tables, which stays. Default: a new one for each test engine, taken away by `close`. */
  readonly schema?: string;
  /** Without a database: what local steps and handlers are handed as `trx`. Default: a transaction of the database in memory. */
  readonly trx?: unknown;
  /** Decides the faults, and without a database the whole history. Default 1. Print it where a test fails. */
  readonly seed?: number;
  readonly faults?: BrokerFaults;
  /** Topics of your own, for domain events. Those of sagas are made by themselves. */
  readonly topics?: readonly string[];
  /** When the test's time begins, in milliseconds since the epoch. Default: 2026-01-01T00:00:00Z in memory, the database's time on one. */
  readonly startsAt?: number;
  readonly logger?: Logger;
}

/** Whatever its transactions are: the participant's handlers know. */
// biome-ignore lint/suspicious/noExplicitAny: `Trx` is invariant here, and the handlers of a participant have lost theirs.
export type AnyDatabase = DatabaseSource<any>;

export interface PlacedParticipant {
  readonly participant: Participant;
  /** Its own `Knex` or `pg.Pool`. */
  readonly database?: AnyDatabase;
  readonly schema?: string;
}

/** What an instance is awaited to be. */
export type Goal = SagaStatus | ((view: InstanceView) => boolean);

type Face<Trx> = Omit<SagaEngine<Trx>, 'open' | 'close' | 'wakeDue' | 'ensureTopics'>;

/**
 * A whole running stack in one process: the real engine, the real participants and relays, over the broker in memory. Its time stands still until
 * `advance` or `until` moves it. All of the engine's own methods (`start`, `signal`, `cancel`, …) are here as they are.
 */
export interface TestEngine<Trx> extends Face<Trx> {
  /** The test's time in milliseconds since the epoch. */
  now(): number;
  /** Runs everything that can go on without time passing. Throws `RESULT_TIMEOUT` where that has no end. */
  settle(): Promise<void>;
  /** Lets time pass, and stops at every moment at which something is due. What it has led to is settled when it resolves. */
  advance(duration: Duration | number): Promise<void>;
  /**
   * Lets just so much time pass that the instance is what you wait for, at most `within` (default 1d).
   *
   * @throws SagaError RESULT_TIMEOUT with what became of it, INSTANCE_UNKNOWN.
   */
  until(
    of: string | { readonly id: string },
    goal: Goal,
    options?: { readonly within?: Duration },
  ): Promise<InstanceView>;
  /** Commands and replies on the broker, in the order in which they were made. */
  sent(of?: string | { readonly id: string }): readonly SentMessage[];
  /** What each instance did, oldest first. */
  recordings(): Promise<readonly Recording[]>;
  recording(of: string | { readonly id: string }): Promise<Recording>;
  /**
   * Holds all instances and fences against what the library promises: journals without gaps whose fold is the state, ends that are final,
   * what succeeded is there, what was compensated is not. Answers sentences, none where all holds.
   */
  violations(): Promise<readonly string[]>;
  /** The engine as a process. */
  readonly process: TestProcess;
  participant(name: string): TestProcess;
  /** The broker is gone until `heal`. */
  outage(): void;
  heal(): void;
  /** From now on nothing goes wrong by chance. */
  calm(): void;
  /** Stops everything, notes what was covered, and takes away what was made. */
  close(): Promise<void>;
}
