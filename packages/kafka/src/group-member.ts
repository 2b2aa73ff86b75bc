import type { BatchHandler } from '@backstitch/messaging';
import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import { type Assignment, createAssignment } from './assignment.js';
import { protocolType } from './classify-trouble.js';
import { inTime } from './deadline.js';
import { createOffsetCommitter, type OffsetCommitter } from './offset-committer.js';
import { createOneSignal } from './one-signal.js';
import { withOwnOffsets } from './own-offsets.js';
import type { RedeliveryDelays } from './redelivery-delays.js';
import { type BatchRun, createBatchRunner } from './run-batch.js';
import { subscriptionAssigner } from './subscription-assigner.js';
import type { TransportSettings } from './transport-options.js';

export interface GroupMemberOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handle: BatchHandler;
  readonly maxBatchRecords: number;
  readonly delays: RedeliveryDelays;
  readonly settings: TransportSettings;
  /** A fetched batch has returned. */
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

/** How long each part of the good-bye to the broker may take once the handlers are done or given up. */
const goodbyeMs = 5000;

type Phase = 'new' | 'joining' | 'member' | 'leaving' | 'gone';

/** One kafkajs consumer from its first join to its end. It is never restarted: a crashed one is replaced. */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #consumer: Consumer;
  readonly #runBatch: (run: BatchRun) => Promise<void>;
  readonly #committer: OffsetCommitter;
  readonly #running = new Set<Promise<void>>();
  readonly #abandon = createOneSignal();
  readonly #joined = createOneSignal();
  readonly #crashed = createOneSignal<Error>();
  #phase: Phase = 'new';
  #assignment: Assignment = createAssignment();
  #joining: Promise<void> | undefined;
  #commitTimer: NodeJS.Timeout | undefined;

  constructor(options: GroupMemberOptions) {
    const { settings } = options;
    this.#options = options;
    this.#consumer = createConsumer(options);
    this.#committer = createOffsetCommitter(settings.logger);
    this.#runBatch = createBatchRunner({ ...options, ...settings, limits: settings });
    this.#listen();
  }

  /** Resolves when the group has given it its partitions. Called once. */
  join(): Promise<void> {
    this.#phase = 'joining';
    this.#joining = this.#join();
    return this.#joining;
  }

  /** Waits for handlers until the deadline, commits, leaves. */
  async leave(timeoutMs: number): Promise<void> {
    const { group, settings } = this.#options;
    if (this.#phase === 'gone') return;
    this.#phase = 'leaving';
    this.#assignment.leaving.abort();
    // A consumer that is stopped in the middle of its join stays in the group: it is let in first.
    await inTime(Promise.allSettled([this.#joining]), goodbyeMs);
    const inHand = await inTime(Promise.all(this.#running), timeoutMs);
    clearInterval(this.#commitTimer);
    if (inHand.kind === 'late')
      settings.logger.warn({ group, timeoutMs }, 'leaving the group without a handler that still runs');
    // Lets go of handlers that hang: kafkajs leaves a group only when every batch has returned.
    this.#abandon.raise();
    await inTime(this.#commit(), goodbyeMs);
    this.#phase = 'gone';
    await this.#disconnect();
  }

  async #join(): Promise<void> {
    const { topics, settings } = this.#options;
    try {
      await this.#consumer.connect();
      await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await this.#consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: settings.concurrentPartitions,
        eachBatch: (payload) => this.#eachBatch(payload),
      });
      await Promise.race([this.#joined.raised, this.#crashed.raised.then((error) => Promise.reject(error))]);
    } catch (error) {
      this.#phase = 'gone';
      void this.#disconnect();
      throw error;
    }
    if (this.#phase !== 'joining') return;
    this.#phase = 'member';
    this.#commitTimer = setInterval(() => void this.#commit(), settings.offsetCommitIntervalMs);
  }

  #listen(): void {
    const { events } = this.#consumer;
    this.#consumer.on(events.GROUP_JOIN, () => {
      this.#assignment = createAssignment();
      this.#joined.raise();
    });
    this.#consumer.on(events.REBALANCING, () => {
      this.#assignment.leaving.abort();
      // On its way before the request to join, on the same connection.
      void this.#commit();
    });
    this.#consumer.on(events.CRASH, ({ payload }) => {
      this.#assignment.leaving.abort();
      clearInterval(this.#commitTimer);
      this.#crashed.raise(payload.error);
      const wasMember = this.#phase === 'member';
      this.#phase = 'gone';
      if (wasMember) this.#options.onCrash(payload.error);
    });
    this.#consumer.on(events.FETCH_START, () => {
      // kafkajs can finish a join that began before it was stopped, and then has forgotten how to stop (kafkajs#1639). What a listener
      // throws here ends the fetching, and `retriable: false` keeps it from being tried again.
      if (this.#phase === 'gone') throw Object.assign(new Error('the consumer was stopped'), { retriable: false });
    });
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    if (this.#phase !== 'joining' && this.#phase !== 'member') return;
    this.#committer.through(payload.commitOffsetsIfNecessary);
    const assignment = this.#assignment;
    const heartbeat = (): Promise<void> => payload.heartbeat().catch((error: unknown) => this.#missedHeartbeat(error));
    const run = this.#runBatch({ payload, assignment, heartbeat, abandoned: this.#abandon.raised });
    this.#running.add(run);
    await run.finally(() => this.#running.delete(run));
    this.#options.onProgress();
    // The next thing kafkajs does is to join anew; what was handled is told first, or the next owner repeats it.
    if (assignment.leaving.signal.aborted) await this.#commit();
  }

  #missedHeartbeat(error: unknown): void {
    const { group, settings } = this.#options;
    const type = protocolType(error);
    settings.logger.debug({ group, type, err: error }, 'a heartbeat failed');
    if (type !== undefined && lostMembership.has(type)) this.#assignment.leaving.abort();
  }

  #commit(): Promise<void> {
    return this.#committer.commit(() => this.#assignment.ledger);
  }

  async #disconnect(): Promise<void> {
    const { group, settings } = this.#options;
    const outcome = await inTime(this.#consumer.disconnect(), goodbyeMs).catch(() => undefined);
    if (outcome?.kind !== 'done')
      settings.logger.warn({ group }, 'a consumer could not take its leave of the broker; its session runs out');
  }
}

function createConsumer({ group, settings }: GroupMemberOptions): Consumer {
  return withOwnOffsets(settings.kafka, () =>
    settings.kafka.consumer({
      groupId: group,
      // kafkajs' default stands behind it for groups that other kafkajs consumers are in.
      partitionAssigners: [subscriptionAssigner(settings.logger), kafkajs.PartitionAssigners.roundRobin],
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
