import type { Logger } from '@backstitch/messaging';
import type { OffsetLedger, PartitionOffset } from './offset-ledger.js';

/** Tells the broker these offsets; rejects where it did not take them. Without retries: a retry would send an old assignment's offsets under a new one. */
export type SendCommit = (offsets: readonly PartitionOffset[]) => Promise<void>;

/** Tells the broker what is handled, one commit at a time. One that fails is tried again at the next call, as long as its ledger lasts. */
export interface OffsetCommitter {
  /** From now on commits go this way. */
  through(send: SendCommit): void;
  /** Never rejects. */
  commit(currentLedger: () => OffsetLedger): Promise<void>;
}

export function createOffsetCommitter(logger: Logger): OffsetCommitter {
  let send: SendCommit | undefined;
  let underWay: Promise<void> | undefined;

  return {
    through(sendCommit) {
      send = sendCommit;
    },
    async commit(currentLedger) {
      while (underWay !== undefined) await underWay;
      // Read only now: the assignment may have changed meanwhile, and what is sent from here on counts under the new one.
      const ledger = currentLedger();
      const pending = ledger.pending();
      if (pending.length === 0 || send === undefined) return;
      underWay = send(pending)
        .then(
          () => ledger.committed(pending),
          (error: unknown) => logger.debug({ err: error }, 'offsets could not be committed now'),
        )
        .finally(() => {
          underWay = undefined;
        });
      await underWay;
    },
  };
}
