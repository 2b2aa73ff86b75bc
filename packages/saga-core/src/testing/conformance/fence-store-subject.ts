import type { OutboxStore } from '@backstitch/outbox';
import type { QuarantinedRecord } from '../../exchange/quarantined-record.js';
import type { FenceStore } from '../../participant/fence-store.js';

/** An implementation of `FenceStore`, and what its surroundings can do. */
export interface FenceStoreSubject {
  readonly name: string;
  /** An empty store. */
  open(options: { readonly quarantineRows: number }): Promise<FenceStoreUnderTest<unknown>>;
}

export interface FenceStoreUnderTest<Trx> {
  readonly store: FenceStore<Trx>;
  /** The relay's side of the outbox that replies are written to. */
  readonly outbox: OutboxStore;
  /** Lets `ms` milliseconds pass for the clock that decides about ages and leases. */
  elapse(ms: number): Promise<void>;
  /** Oldest first. */
  quarantined(): Promise<readonly QuarantinedRecord[]>;
  close(): Promise<void>;
}

/** One promise of the port, and the way to find it broken. */
export interface FenceStoreCase {
  /** A sentence about the store. */
  readonly name: string;
  run(stage: FenceStoreUnderTest<unknown>): Promise<void>;
}
