import type { BatchHandler } from '@backstitch/messaging';
import type { RedeliveryDelays } from './redelivery-delays.js';
import type { DriverSettings } from './transport-options.js';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** One consumer of a client from its first join to its end. It is never restarted: a crashed one is replaced. */
export interface GroupMember {
  /** Resolves when the group has given it its partitions. Called once. */
  join(): Promise<void>;
  /** Waits for handlers until the deadline, commits, leaves. */
  leave(timeoutMs: number): Promise<void>;
  /** What it holds now; empty between two assignments. */
  assigned(): readonly TopicPartition[];
  /** A handler runs, or a rejected batch waits for its next delivery. */
  isBusy(): boolean;
}

export interface MemberEvents {
  /** A broker has answered a fetch. */
  readonly onFetched: () => void;
  /** A fetched batch has returned. */
  readonly onProgress: () => void;
  /** The member is lost. Told once, and only after `join` resolved. */
  readonly onCrash: (error: unknown) => void;
}

export interface GroupMemberOptions extends MemberEvents {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handle: BatchHandler;
  readonly maxBatchRecords: number;
  readonly delays: RedeliveryDelays;
  readonly settings: DriverSettings;
}

/** What a heartbeat answers when the partitions are gone or going. */
export const lostMembership: ReadonlySet<string> = new Set([
  'FENCED_INSTANCE_ID',
  'ILLEGAL_GENERATION',
  'NOT_COORDINATOR',
  'NOT_COORDINATOR_FOR_GROUP',
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
]);

/** How long each part of the good-bye to the broker may take once the handlers are done or given up. */
export const goodbyeMs = 5000;
