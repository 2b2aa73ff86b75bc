import type { MemoryTransaction } from '@backstitch/postgres/testing';
import type { FenceStatus, FenceStore, FenceTransaction } from '@backstitch/saga-core/participant';
import type { Sightings } from '../sightings.js';

/** The same fence, which tells what rare situations it meets. */
export function watchedFenceStore(
  store: FenceStore<MemoryTransaction>,
  sightings: Sightings,
): FenceStore<MemoryTransaction> {
  return { ...store, transaction: (work) => store.transaction((tx) => work(watchedTransaction(tx, sightings))) };
}

function watchedTransaction(
  tx: FenceTransaction<MemoryTransaction>,
  sightings: Sightings,
): FenceTransaction<MemoryTransaction> {
  let claimed: FenceStatus | undefined;
  return {
    ...tx,
    async claim(key) {
      const row = await tx.claim(key);
      claimed = row.status;
      return row;
    },
    async record(records, options) {
      const { settled, replies } = records;
      if (claimed === 'fresh' && settled.some(({ row }) => row.status === 'tombstone'))
        sightings.saw('an undo overtook its do and left a tombstone');
      if (settled.length === 0 && (claimed === 'succeeded' || claimed === 'declined'))
        sightings.saw('a duplicate command was answered from the fence');
      if (replies.some(({ payload }) => payload.includes('"FENCED"'))) sightings.saw('a late do met a tombstone');
      return tx.record(records, options);
    },
  };
}
