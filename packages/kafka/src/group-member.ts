import type { BatchHandler, Logger } from '@backstitch/messaging';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { createAssignment } from './assignment.js';
import { protocolType } from './classify-trouble.js';
import { inTime } from './deadline.js';
import type { PartitionOffset } from './offset-ledger.js';
import { withOwnOffsets } from './own-offsets.js';
import { createBatchRunner } from './run-batch.js';
import type { RedeliveryDelays } from './redelivery-delays.js';
import type { TransportSettings } from './transport-options.js';

/** One kafkajs consumer from its first join to its end. It is never restarted: a crashed one is replaced. */
export interface GroupMember {
  /** Resolves when the group has given it its partitions. */
  join(): Promise<void>;
  /** Waits for handlers until the deadline, commits, leaves. */
  leave(timeoutMs: number): Promise<void>;
}

export interface GroupMemberOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handle: BatchHandler;
  readonly maxBatchRecords: number;
  readonly delays: RedeliveryDelays;
  readonly settings: TransportSettings;
  /** A batch was handled. */
  readonly onProgress: () => void;
  /** kafkajs has given the consumer up and disconnected it. Told once, and only after `join` resolved. */
  readonly onCrash: (error: Error) => void;
}

/** What a heartbeat answers when the partitions are gone or going. */
const lostMembership = new Set([
  'FENCED_INSTANCE_ID',
  'ILLEGAL_GENERATION',
  'NOT_COORDINATOR_FOR_GROUP',
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
]);

/** How long the good-bye to the broker may take after the handlers are done or given up. */
const goodbyeMs = 5000;

type Phase = 'new' | 'joining' | 'member' | 'leaving' | 'gone';

export function createGroupMember(options: GroupMemberOptions): GroupMember {
  const { settings } = options;
  const logger: Logger = settings.logger;
  const consumer = createConsumer(options);
  const running = new Set<Promise<void>>();
  const abandon = signalOnce();
  const joined = signalOnce();
  const crashed = signalOnce<Error>();
  const runBatch = createBatchRunner({ ...options, ...settings, limits: settings });
  let phase: Phase = 'new';
  let assignment = createAssignment();
  let commitOffsets: EachBatchPayload['commitOffsetsIfNecessary'] | undefined;
  let committing: Promise<void> | undefined;
  let joining: Promise<void> | undefined;
  let commitTimer: NodeJS.Timeout | undefined;

  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    if (phase !== 'joining' && phase !== 'member') return;
    // Kept, because this is kafkajs' only commit without retries. Its retry would send an old assignment's offsets under a new one.
    commitOffsets = payload.commitOffsetsIfNecessary;
    const held = assignment;
    const heartbeat = (): Promise<void> => payload.heartbeat().catch((error: unknown) => missedHeartbeat(error));
    const run = runBatch({ payload, assignment: held, heartbeat, abandoned: abandon.raised }).then(options.onProgress);
    running.add(run);
    await run.finally(() => running.delete(run));
    // The next thing kafkajs does is to join anew; what was handled is told first, or the next owner repeats it.
    if (held.leaving.signal.aborted) await commit();
  };

  const missedHeartbeat = (error: unknown): void => {
    const type = protocolType(error);
    logger.debug({ group: options.group, type, err: error }, 'a heartbeat failed');
    if (type !== undefined && lostMembership.has(type)) assignment.leaving.abort();
  };

  /** One commit at a time; one that fails is tried again at the next tick, as long as the assignment lasts. */
  const commit = async (): Promise<void> => {
    while (committing !== undefined) await committing;
    const { ledger } = assignment;
    const pending = ledger.pending();
    if (pending.length === 0 || commitOffsets === undefined) return;
    committing = commitOffsets({ topics: byTopic(pending) }).then(
      () => ledger.committed(pending),
      (error: unknown) => logger.debug({ group: options.group, err: error }, 'offsets could not be committed now'),
    );
    await committing.finally(() => {
      committing = undefined;
    });
  };

  consumer.on(consumer.events.GROUP_JOIN, () => {
    assignment = createAssignment();
    joined.raise();
  });
  consumer.on(consumer.events.FETCH_START, () => {
    // kafkajs can finish a join that began before it was stopped, and then has forgotten how to stop (kafkajs#1639). What a listener throws
    // here ends the fetching, and `retriable: false` keeps it from being tried again.
    if (phase === 'gone') throw Object.assign(new Error('the consumer was stopped'), { retriable: false });
  });
  consumer.on(consumer.events.REBALANCING, () => {
    assignment.leaving.abort();
    void commit();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    assignment.leaving.abort();
    clearInterval(commitTimer);
    crashed.raise(payload.error);
    if (phase === 'member') options.onCrash(payload.error);
    phase = 'gone';
  });

  const disconnect = async (): Promise<void> => {
    const outcome = await inTime(consumer.disconnect(), goodbyeMs).catch((error: unknown) => ({ kind: 'failed' as const, error }));
    if (outcome.kind !== 'done') logger.warn({ group: options.group, outcome: outcome.kind }, 'a consumer did not take its leave of the broker');
  };

  const join = async (): Promise<void> => {
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: settings.concurrentPartitions,
        eachBatch,
      });
      await Promise.race([joined.raised, crashed.raised.then((error) => Promise.reject(error))]);
    } catch (error) {
      phase = 'gone';
      void disconnect();
      throw error;
    }
    if (isLeaving()) return;
    phase = 'member';
    commitTimer = setInterval(() => void commit(), settings.offsetCommitIntervalMs);
  };

  // Read through a function: the phase changes while a method awaits.
  const isLeaving = (): boolean => phase === 'leaving' || phase === 'gone';

  return {
    join() {
      phase = 'joining';
      joining = join();
      return joining;
    },
    async leave(timeoutMs) {
      if (phase === 'gone') return;
      phase = 'leaving';
      assignment.leaving.abort();
      // A consumer that is stopped in the middle of its join stays in the group: it is let in first.
      await inTime(Promise.allSettled([joining]), goodbyeMs);
      const inHand = await inTime(Promise.all(running), timeoutMs);
      clearInterval(commitTimer);
      if (inHand.kind === 'late') logger.warn({ group: options.group, timeoutMs }, 'leaving the group without a handler that still runs');
      // Lets go of handlers that hang: kafkajs leaves a group only when every batch has returned.
      abandon.raise();
      await inTime(commit(), goodbyeMs);
      phase = 'gone';
      await disconnect();
    },
  };
}

function createConsumer({ group, settings }: GroupMemberOptions): Consumer {
  return withOwnOffsets(settings.kafka, () =>
    settings.kafka.consumer({
      groupId: group,
      sessionTimeout: settings.sessionTimeoutMs,
      heartbeatInterval: settings.heartbeatIntervalMs,
      rebalanceTimeout: settings.rebalanceTimeoutMs,
      maxWaitTimeInMs: settings.fetchWaitMs,
      maxBytesPerPartition: settings.fetchBytesPerPartition,
      allowAutoTopicCreation: false,
      // One authority over restarts, ours: kafkajs' own restart cannot be stopped once its timer runs.
      retry: { retries: 5, initialRetryTime: 200, maxRetryTime: 3000, restartOnFailure: () => Promise.resolve(false) },
    }),
  );
}

function byTopic(offsets: readonly PartitionOffset[]): { topic: string; partitions: { partition: number; offset: string }[] }[] {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, offset } of offsets) {
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({ partition, offset: offset.toString() });
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

interface OneSignal<T> {
  readonly raised: Promise<T>;
  raise(value: T): void;
}

function signalOnce<T = void>(): OneSignal<T> {
  let raise: (value: T) => void = () => undefined;
  const raised = new Promise<T>((resolve) => {
    raise = resolve;
  });
  return { raised, raise: (value) => raise(value) };
}
