import {
  type Assignment,
  createAssignment,
  createOffsetCommitter,
  createOneSignal,
  type GroupMember,
  type GroupMemberOptions,
  goodbyeMs,
  inTime,
  lostMembership,
  type OffsetCommitter,
  protocolType,
  type TopicPartition,
} from '@backstitch/kafka-driver';
import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import { groupOffsets } from './group-offsets.js';
import type { KafkaClient } from './kafka-client.js';
import { withOwnOffsets } from './own-offsets.js';
import { type BatchRun, createBatchRunner } from './run-batch.js';
import { subscriptionAssigner } from './subscription-assigner.js';

export interface KafkajsMemberOptions extends GroupMemberOptions {
  readonly kafka: KafkaClient;
}

type Phase = 'new' | 'joining' | 'member' | 'leaving' | 'gone';

/** A kafkajs consumer as a member of a group. */
export class KafkajsMember implements GroupMember {
  readonly #options: KafkajsMemberOptions;
  readonly #consumer: Consumer;
  readonly #runBatch: (run: BatchRun) => Promise<void>;
  readonly #committer: OffsetCommitter;
  readonly #running = new Set<Promise<void>>();
  readonly #abandon = createOneSignal();
  readonly #joined = createOneSignal();
  readonly #crashed = createOneSignal<Error>();
  #phase: Phase = 'new';
  #assignment: Assignment = createAssignment();
  #held: readonly TopicPartition[] = [];
  #joining: Promise<void> | undefined;
  #commitTimer: NodeJS.Timeout | undefined;

  constructor(options: KafkajsMemberOptions) {
    const { settings } = options;
    this.#options = options;
    this.#consumer = createConsumer(options);
    this.#committer = createOffsetCommitter(settings.logger);
    this.#runBatch = createBatchRunner({ ...options, ...settings, limits: settings });
    this.#listen();
  }

  join(): Promise<void> {
    this.#phase = 'joining';
    this.#joining = this.#join();
    return this.#joining;
  }

  assigned(): readonly TopicPartition[] {
    return this.#held;
  }

  isBusy(): boolean {
    return this.#running.size > 0;
  }

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
    this.#consumer.on(events.FETCH, () => this.#options.onFetched());
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => {
      this.#assignment = createAssignment();
      this.#held = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      this.#joined.raise();
    });
    this.#consumer.on(events.REBALANCING, () => {
      this.#held = [];
      this.#assignment.leaving.abort();
      // On its way before the request to join, on the same connection.
      void this.#commit();
    });
    this.#consumer.on(events.CRASH, ({ payload }) => {
      this.#held = [];
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
    // kafkajs' only commit without retries.
    this.#committer.through((offsets) => payload.commitOffsetsIfNecessary(groupOffsets(offsets)));
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

function createConsumer({ group, settings, kafka }: KafkajsMemberOptions): Consumer {
  return withOwnOffsets(kafka, () =>
    kafka.consumer({
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
