import type { BatchHandler } from '../transport.js';

/** One consumer in a group: what a `subscribe` made. */
export interface GroupMember {
  readonly id: string;
  readonly topics: ReadonlySet<string>;
  readonly maxBatchRecords: number;
  readonly handle: BatchHandler;
  /** False once it is closing: it finishes what runs and takes nothing new. */
  taking: boolean;
}
