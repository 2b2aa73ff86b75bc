import type { Transport } from '../../transport.js';
import type { ForeignRecord } from '../in-memory-broker.js';

/** The transport under test and what its surroundings can do. */
export interface ConformanceSubject {
  readonly name: string;
  /** A new one each time, as a new process would have it. The suite closes it. */
  createTransport(): Promise<Transport>;
  /** A legal topic or group name that nobody else uses. */
  uniqueName(prefix: string): string;
  /** Ends a transport as a killed process ends: no commit, no goodbye. Without it the crash cases are reported as skipped. */
  crash?(transport: Transport): Promise<void>;
  /** Writes as some other client does. Without it the cases about foreign records are reported as skipped. */
  write?(record: ForeignRecord): Promise<void>;
  /**
   * Takes the broker away from everybody, and answers how to bring it back: the records stay, their readers' connections do not. Without it the cases
   * about outages are reported as skipped.
   */
  outage?(): Promise<{ end(): Promise<void> }>;
  readonly features: ConformanceFeatures;
}

export interface ConformanceFeatures {
  /** A value of this many bytes is refused by the broker, whatever the topic. */
  readonly refusedValueBytes: number;
  /** How long a slow handler works, in milliseconds. To prove heartbeats, more than the subject's session timeout. */
  readonly slowHandlerMs: number;
  /** How long a case may wait for one thing, in milliseconds, before it fails and says for what. Default 20_000. */
  readonly patienceMs?: number;
}

type Body = () => Promise<void>;

/** What the suite needs of a test runner: vitest's own functions fit, and so do those of node:test. */
export interface ConformanceApi {
  describe(name: string, body: () => void): unknown;
  readonly it: { (name: string, body: Body, timeoutMs?: number): unknown; skip(name: string, body: Body): unknown };
  beforeAll(body: Body): unknown;
  afterAll(body: Body): unknown;
}
