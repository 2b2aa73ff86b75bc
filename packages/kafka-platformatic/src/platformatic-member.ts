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
  type TopicPartition,
} from '@backstitch/kafka-driver';
import { clientError, type KafkaClientError } from './client-error.js';
import type { Cluster } from './cluster.js';
import { FetchLoop } from './fetch-loop.js';
import { firstOffset, listOffsets } from './list-offsets.js';
import { Membership } from './membership.js';
import { PartitionFeed } from './partition-feed.js';
import { createTurnstile } from './turnstile.js';

export interface PlatformaticMemberOptions extends GroupMemberOptions {
  readonly newCluster: () => Cluster;
}

type Phase = 'new' | 'joining' | 'member' | 'leaving' | 'gone';

/** What belongs to one assignment and ends with it. */
interface Reading {
  readonly assignment: Assignment;
  readonly feeds: readonly PartitionFeed[];
  /** Resolves when no handler of it runs any more. */
  readonly ended: Promise<unknown>;
}

/** Answers that mean: the group goes on without this member, which has to come back as a new one. */
const strangers: ReadonlySet<string> = new Set(['FENCED_INSTANCE_ID', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID']);

/** Joins in a row without coming to an assignment, before the member is given up and a new one tries. */
const mostJoins = 10;

/** A member of a group, from its first join over all rebalances to its end. */
export class PlatformaticMember implements GroupMember {
  readonly #options: PlatformaticMemberOptions;
  /** Apart from each other: a fetch that waits for records would hold up a heartbeat on the same connection. */
  readonly #group: Cluster;
  readonly #data: Cluster;
  readonly #membership: Membership;
  readonly #committer: OffsetCommitter;
  readonly #abandon = createOneSignal();
  #phase: Phase = 'new';
  #reading: Reading | undefined;
  #entering: Promise<void> | undefined;
  #isAsking = false;
  #beating: Promise<void> | undefined;
  #lastBeat = performance.now();
  #beatTimer: NodeJS.Timeout | undefined;
  #commitTimer: NodeJS.Timeout | undefined;

  constructor(options: PlatformaticMemberOptions) {
    this.#options = options;
    this.#group = options.newCluster();
    this.#data = options.newCluster();
    this.#membership = new Membership({ ...options.settings, ...options, cluster: this.#group });
    this.#committer = createOffsetCommitter(options.settings.logger);
    this.#committer.through((offsets) => this.#membership.commit(offsets));
  }

  async join(): Promise<void> {
    const { topics, settings } = this.#options;
    this.#phase = 'joining';
    try {
      // A group would take in a member whose topic does not exist.
      await this.#group.leaders(topics);
      this.#entering = this.#enterAtLast();
      await this.#entering;
      this.#entering = undefined;
    } catch (error) {
      this.#phase = 'gone';
      void this.#disconnect();
      throw error;
    }
    if (this.#phase !== 'joining') return;
    this.#phase = 'member';
    this.#beatTimer = setInterval(() => void this.#heartbeat(), settings.heartbeatIntervalMs);
    this.#commitTimer = setInterval(() => void this.#commit(), settings.offsetCommitIntervalMs);
  }

  assigned(): readonly TopicPartition[] {
    const { assignment, feeds } = this.#reading ?? {};
    return assignment?.leaving.signal.aborted === false ? (feeds ?? []).map(({ place }) => place) : [];
  }

  isBusy(): boolean {
    return this.#reading?.feeds.some(({ isBusy }) => isBusy) === true;
  }

  async leave(timeoutMs: number): Promise<void> {
    const { group, settings } = this.#options;
    if (this.#phase === 'gone') return;
    this.#phase = 'leaving';
    this.#reading?.assignment.leaving.abort();
    // Who goes in the middle of its join stays in the group until its session runs out.
    await inTime(Promise.allSettled([this.#entering]), goodbyeMs);
    this.#reading?.assignment.leaving.abort();
    const inHand = await inTime(Promise.resolve(this.#reading?.ended), timeoutMs);
    if (inHand.kind === 'late')
      settings.logger.warn({ group, timeoutMs }, 'leaving the group without a handler that still runs');
    this.#abandon.raise();
    this.#stopTimers();
    await inTime(this.#commit(), goodbyeMs);
    this.#phase = 'gone';
    const left = await inTime(this.#membership.leave(), goodbyeMs).catch(() => undefined);
    if (left?.kind !== 'done')
      settings.logger.warn({ group }, 'a consumer could not take its leave of the broker; its session runs out');
    await this.#disconnect();
  }

  async #enter(): Promise<void> {
    // The broker answers one question of a connection after the other, and a join when all members have come: a heartbeat behind it
    // would seem lost. Whoever waits there counts as alive.
    this.#isAsking = true;
    const partitions = await this.#membership.enter().finally(() => {
      this.#isAsking = false;
      this.#lastBeat = performance.now();
    });
    // Closed while it joined: it takes nothing on, and leaves as a member.
    if (this.#phase === 'leaving' || this.#phase === 'gone') return;
    const offsets = await this.#offsetsOf(partitions);
    this.#reading = this.#read(partitions, offsets);
  }

  async #offsetsOf(partitions: readonly TopicPartition[]): Promise<readonly bigint[]> {
    if (partitions.length === 0) return [];
    const committed = await this.#membership.committed(partitions);
    const leaders = await this.#group.leaders([...new Set(partitions.map(({ topic }) => topic))]);
    const fresh = partitions.flatMap((place) => {
      const leader = leaders.get(place.topic)?.[place.partition];
      return leader === undefined || committed.of(place) !== undefined ? [] : [{ ...place, leader }];
    });
    const { sessionTimeoutMs: timeoutMs } = this.#options.settings;
    const first = await listOffsets(this.#group, { partitions: fresh, at: firstOffset, timeoutMs });
    return partitions.map((place) => committed.of(place) ?? first.of(place) ?? 0n);
  }

  #read(partitions: readonly TopicPartition[], offsets: readonly bigint[]): Reading {
    const { settings, onFetched, onProgress, ...options } = this.#options;
    const assignment = createAssignment();
    const { signal } = assignment.leaving;
    const turnstile = createTurnstile(settings.concurrentPartitions);
    const feeds = partitions.map(
      (place, at): PartitionFeed =>
        new PartitionFeed({
          ...settings,
          ...options,
          place,
          from: offsets[at] ?? 0n,
          assignment,
          turnstile,
          limits: settings,
          abandoned: this.#abandon.raised,
          heartbeat: () => this.#heartbeat(),
          onProgress,
          onHungry: () => loop.wake(),
        }),
    );
    const loop = new FetchLoop({
      ...settings,
      cluster: this.#data,
      feeds,
      signal,
      timeoutMs: settings.sessionTimeoutMs,
      onFetched,
      onHopeless: (error) => this.#crash(error),
    });
    loop.start();
    return { assignment, feeds, ended: Promise.all(feeds.map((feed) => feed.run())) };
  }

  /** At most one at a time, and no more of them than the group asked for. */
  #heartbeat(): Promise<void> {
    const { settings } = this.#options;
    if (this.#isAsking || (this.#phase !== 'member' && this.#phase !== 'leaving')) return Promise.resolve();
    if (performance.now() - this.#lastBeat < settings.heartbeatIntervalMs / 2) return Promise.resolve();
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #beat(): Promise<void> {
    const { group, settings } = this.#options;
    try {
      await this.#membership.beat();
      this.#lastBeat = performance.now();
    } catch (cause) {
      const error = clientError(cause);
      settings.logger.debug({ group, type: error.type, err: error }, 'a heartbeat failed');
      if (error.type !== undefined && lostMembership.has(error.type) && error.type !== 'NOT_COORDINATOR') {
        // An answer all the same: the broker knows that this member lives.
        this.#lastBeat = performance.now();
        this.#rebalance(error.type);
      } else if (performance.now() - this.#lastBeat > settings.sessionTimeoutMs) {
        // The broker has given the partitions away by now, whoever is to blame.
        this.#crash(error);
      }
    }
  }

  #rebalance(type: string): void {
    this.#reading?.assignment.leaving.abort();
    if (this.#phase !== 'member' || this.#entering !== undefined) return;
    this.#entering = this.#reenter(type)
      .catch((error: unknown) => this.#crash(clientError(error)))
      .finally(() => {
        this.#entering = undefined;
      });
  }

  /** Joins anew when the handlers have ended, however long that takes: until then the partitions must not change hands. Heartbeats go on. */
  async #reenter(type: string): Promise<void> {
    await this.#reading?.ended;
    await this.#commit();
    if (strangers.has(type)) this.#membership.forget();
    if (this.#phase === 'member') await this.#enterAtLast();
  }

  /** Others come and go while this one joins, and each time it has to join anew. */
  async #enterAtLast(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#enter();
        return;
      } catch (cause) {
        const error = clientError(cause);
        const goesOn = (this.#phase === 'joining' || this.#phase === 'member') && attempt < mostJoins;
        if (!goesOn || error.type === undefined || !lostMembership.has(error.type)) throw error;
        if (strangers.has(error.type)) this.#membership.forget();
      }
    }
  }

  #crash(error: KafkaClientError): void {
    if (this.#phase !== 'member') return;
    this.#phase = 'gone';
    this.#stopTimers();
    const { settings, onCrash } = this.#options;
    const reading = this.#reading;
    reading?.assignment.leaving.abort();
    // Whoever replaces this member may get its partitions, and must not begin beside a handler that still runs.
    void inTime(Promise.resolve(reading?.ended), settings.rebalanceTimeoutMs).then(async () => {
      await inTime(this.#membership.leave(), goodbyeMs).catch(() => undefined);
      await this.#disconnect();
      onCrash(error);
    });
  }

  #commit(): Promise<void> {
    return this.#committer.commit(() => (this.#reading?.assignment ?? createAssignment()).ledger);
  }

  #stopTimers(): void {
    clearInterval(this.#beatTimer);
    clearInterval(this.#commitTimer);
  }

  async #disconnect(): Promise<void> {
    await Promise.all([this.#group.close(goodbyeMs), this.#data.close(goodbyeMs)]);
  }
}
