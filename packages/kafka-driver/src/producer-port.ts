import type { Trouble } from './classify-trouble.js';
import type { SendEntry } from './send-call.js';

/** What became of one request. */
export interface ProduceOutcome {
  /** These are written by all in-sync replicas. Of the others nothing is known, unless `trouble` refuses them. */
  readonly written: ReadonlySet<SendEntry>;
  /** Undefined where all are written. */
  readonly trouble: Trouble | undefined;
}

/** A client's producer that connects when it is first used and is replaced when it is not to be trusted any more. */
export interface ProducerPort {
  /** One request for records in order. Never rejects. */
  produce(entries: readonly SendEntry[]): Promise<ProduceOutcome>;
  /** The partition that a record was last sent to; undefined where it never came so far. */
  partitionOf(entry: SendEntry): number | undefined;
  /** The next request gets a new producer. */
  retire(): void;
  close(timeoutMs: number): Promise<void>;
}
