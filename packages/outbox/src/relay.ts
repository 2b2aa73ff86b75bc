import type { ClaimedRow } from './outbox-row.js';

/** Sends what the outbox holds. Any number may run on one table. */
export interface Relay {
  start(): void;
  /** Claims, sends and settles one batch. */
  runOnce(): Promise<RelayRun>;
  /** Takes no more, finishes what is in flight, gives the rest back. After `timeoutMs` it stops waiting; the leases then run out. */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * Sends rows born under this process's lease straight from memory. Only for a transaction that the library opened and whose COMMIT
   * answered `COMMIT`. What cannot be sent in time and in its lane's order is left to `claim`; nothing is thrown.
   */
  publish(rows: readonly ClaimedRow[]): void;
  /** Says that these rows may have been committed: they are claimed on the relay's own connection and sent if they are there. */
  hint(ids: readonly string[]): void;
}

export interface RelayRun {
  readonly claimed: number;
  readonly sent: number;
  readonly refused: number;
  readonly released: number;
  readonly lost: number;
}
