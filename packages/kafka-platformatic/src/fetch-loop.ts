import { judgeCrash } from '@backstitch/kafka-driver';
import type { Logger } from '@backstitch/messaging';
import { fetchV12 } from '@platformatic/kafka';
import { byTopic } from './by-topic.js';
import { answered, clientError, type KafkaClientError } from './client-error.js';
import type { Cluster, Leader } from './cluster.js';
import { firstOffset, listOffsets } from './list-offsets.js';
import type { PartitionFeed } from './partition-feed.js';
import { createWakeUp, type WakeUp } from './wake-up.js';

export interface FetchLoopOptions {
  readonly cluster: Cluster;
  readonly feeds: readonly PartitionFeed[];
  readonly fetchWaitMs: number;
  readonly fetchBytesPerPartition: number;
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** A broker has answered a fetch. */
  readonly onFetched: () => void;
  /** Waiting cannot mend it. */
  readonly onHopeless: (error: KafkaClientError) => void;
}

type FetchAnswer = Awaited<ReturnType<typeof fetchV12.api.async>>;
type FetchedPart = FetchAnswer['responses'][number]['partitions'][number];

/** Beyond what the broker may wait: a fetch that takes longer is on a dead connection. */
const graceMs = 10_000;
const firstPauseMs = 100;
const longestPauseMs = 2000;
/** Bounds what is decoded in one turn of the event loop. A single larger batch is answered whole all the same. */
const leastResponseBytes = 1_048_576;
const readCommitted = 1;
const offsetOutOfRange = 1;

/** Reads the partitions of one assignment, with one fetch at a time under way to each broker. Ends with the signal; never rejects. */
export class FetchLoop {
  readonly #options: FetchLoopOptions;
  readonly #leaders = new Map<PartitionFeed, Leader>();
  readonly #bells = new Map<number, WakeUp>();
  readonly #ended: Promise<void>;
  #relearning: Promise<void> | undefined;

  constructor(options: FetchLoopOptions) {
    this.#options = options;
    this.#ended = new Promise((resolve) => options.signal.addEventListener('abort', () => resolve()));
  }

  start(): void {
    void this.#relearn(0);
  }

  /** A feed has room again. */
  wake(): void {
    for (const bell of this.#bells.values()) bell.ring();
  }

  /** Looks for the leaders until the cluster names all, and starts to read from each. */
  #relearn(failures: number): Promise<void> {
    this.#relearning ??= this.#learn(failures).finally(() => {
      this.#relearning = undefined;
    });
    return this.#relearning;
  }

  async #learn(failures: number): Promise<void> {
    const { cluster, feeds, signal } = this.#options;
    for (let failed = failures; !signal.aborted; failed++) {
      if (failed > 0) await this.#pause(failed);
      try {
        const leaders = await cluster.leaders([...new Set(feeds.map(({ place }) => place.topic))]);
        for (const feed of feeds) {
          const leader = leaders.get(feed.place.topic)?.[feed.place.partition];
          if (leader !== undefined) this.#leaders.set(feed, leader);
        }
        for (const node of new Set([...this.#leaders.values()].map((leader) => leader.node))) {
          if (!this.#bells.has(node)) void this.#readFrom(node);
        }
        this.wake();
        return;
      } catch (error) {
        if (this.#isHopeless(error)) return;
        this.#options.logger.debug({ err: error }, 'the leaders of the partitions are not known yet');
      }
    }
  }

  async #readFrom(node: number): Promise<void> {
    const bell = createWakeUp();
    this.#bells.set(node, bell);
    const { signal } = this.#options;
    let failures = 0;
    for (let round = 0; !signal.aborted; round++) {
      const hungry = this.#options.feeds.filter((feed) => feed.isHungry && this.#leaders.get(feed)?.node === node);
      // Turned round, or the first partitions would fill the answer each time; one by one after a failure, or one partition that cannot be
      // read would stop all others.
      const turned = [...hungry.slice(round % (hungry.length || 1)), ...hungry.slice(0, round % (hungry.length || 1))];
      const asked = failures === 0 ? turned : turned.slice(0, 1);
      const leader = asked[0] === undefined ? undefined : this.#leaders.get(asked[0]);
      if (leader === undefined) {
        await Promise.race([bell.rung(), this.#ended]);
        continue;
      }
      try {
        await this.#fetch(leader, asked);
        failures = 0;
      } catch (error) {
        if (signal.aborted || this.#isHopeless(error)) return;
        failures++;
        this.#options.logger.debug({ node, failures, err: error }, 'a fetch failed');
        await this.#relearn(failures);
      }
    }
  }

  async #fetch(leader: Leader, feeds: readonly PartitionFeed[]): Promise<void> {
    const { cluster, fetchWaitMs, fetchBytesPerPartition, signal } = this.#options;
    const places = feeds.map(({ place, next }) => ({
      topic: place.topic,
      partition: place.partition,
      fetchOffset: next,
    }));
    const topics = byTopic(places).map(([topicId, of]) => ({
      topicId,
      partitions: of.map(({ partition, fetchOffset }) => ({
        partition,
        fetchOffset,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: fetchBytesPerPartition,
      })),
    }));
    const bytes = Math.max(leastResponseBytes, fetchBytesPerPartition);
    const answer = await cluster.ask(
      leader.broker,
      (on) => partsOf(fetchV12.api.async(on, fetchWaitMs, 1, bytes, readCommitted, 0, 0, topics, [], '')),
      fetchWaitMs + graceMs,
    );
    if (signal.aborted) return;
    this.#options.onFetched();
    let trouble: KafkaClientError | undefined;
    for (const { topicId: topic, partitions } of answer.responses) {
      for (const part of partitions) {
        const feed = feeds.find(({ place }) => place.topic === topic && place.partition === part.partitionIndex);
        if (feed === undefined) continue;
        trouble = (await this.#take(feed, part)) ?? trouble;
      }
    }
    if (trouble !== undefined) throw trouble;
  }

  async #take(feed: PartitionFeed, part: FetchedPart): Promise<KafkaClientError | undefined> {
    if (part.errorCode === offsetOutOfRange) {
      await this.#restart(feed);
      return undefined;
    }
    if (part.errorCode !== 0) return answered(part.errorCode);
    feed.take(part);
    return undefined;
  }

  /** What was committed has been deleted by retention, or the topic was made anew: the first record that there is comes next. */
  async #restart(feed: PartitionFeed): Promise<void> {
    const { cluster, timeoutMs, logger } = this.#options;
    const leader = this.#leaders.get(feed);
    if (leader === undefined) return;
    const partitions = [{ ...feed.place, leader }];
    const at = (await listOffsets(cluster, { partitions, at: firstOffset, timeoutMs })).of(feed.place);
    if (at === undefined) return;
    logger.warn(
      { ...feed.place, from: feed.next.toString(), to: at.toString() },
      'the offset is not in the log; reading goes on at the first record',
    );
    feed.restart(at);
  }

  #isHopeless(error: unknown): boolean {
    const judged = clientError(error);
    if (judged.type === undefined || judgeCrash(judged, 1).kind !== 'die') return false;
    this.#options.onHopeless(judged);
    return true;
  }

  async #pause(failures: number): Promise<void> {
    const ms = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 10));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      this.#ended,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      }),
    ]);
    clearTimeout(timer);
  }
}

/** The client rejects where one partition of many has an error; the others' records stand in the answer all the same. */
async function partsOf(fetching: Promise<FetchAnswer>): Promise<FetchAnswer> {
  try {
    return await fetching;
  } catch (error) {
    const answer = typeof error === 'object' && error !== null && 'response' in error ? error.response : undefined;
    if (isFetchAnswer(answer) && answer.errorCode === 0) return answer;
    throw error;
  }
}

function isFetchAnswer(answer: unknown): answer is FetchAnswer {
  return typeof answer === 'object' && answer !== null && 'responses' in answer && 'errorCode' in answer;
}
