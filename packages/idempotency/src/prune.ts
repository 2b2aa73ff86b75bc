import { requirePositive } from './require-option.js';

export interface PruneOptions {
  /** Most rows that one call deletes. Default 10,000. */
  readonly limit?: number;
  /** Rows per statement, each its own transaction: small enough to hold no lock for long. Default 1,000. */
  readonly batchSize?: number;
}

/** Deletes batch after batch until nothing is left or the limit is reached; answers the number of rows. */
export async function prune(options: PruneOptions, deleteBatch: (limit: number) => Promise<number>): Promise<number> {
  const limit = requirePositive('limit', options.limit ?? 10_000);
  const batchSize = requirePositive('batchSize', options.batchSize ?? 1000);
  let deleted = 0;
  while (deleted < limit) {
    const asked = Math.min(batchSize, limit - deleted);
    const count = await deleteBatch(asked);
    deleted += count;
    if (count < asked) break;
  }
  return deleted;
}
