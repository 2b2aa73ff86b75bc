import {
  type Assignment,
  type HandOverOptions,
  handOver,
  type InboundLimits,
  inboundRecord,
  pause,
  type TopicPartition,
} from '@backstitch/kafka-driver';
import type { InboundRecord } from '@backstitch/messaging';
import { type FetchedPartition, readableRecords } from './readable-records.js';
import type { Turnstile } from './turnstile.js';
import { createWakeUp } from './wake-up.js';

export interface PartitionFeedOptions extends HandOverOptions {
  readonly place: TopicPartition;
  /** The first offset to read. */
  readonly from: bigint;
  readonly assignment: Assignment;
  readonly maxBatchRecords: number;
  readonly fetchBytesPerPartition: number;
  readonly limits: InboundLimits;
  readonly turnstile: Turnstile;
  readonly heartbeat: () => Promise<void>;
  readonly abandoned: Promise<void>;
  readonly onProgress: () => void;
  /** It has room for records again. */
  readonly onHungry: () => void;
}

interface Waiting {
  readonly record: InboundRecord;
  readonly bytes: number;
}

/**
 * One assigned partition: records that were fetched and not yet handled, handed over piece by piece. One fetch runs ahead of the handler, so that a
 * slow partition keeps no other from its records, and what a handler rejected is handed over again from here, without a fetch.
 */
export class PartitionFeed {
  readonly place: TopicPartition;
  readonly #options: PartitionFeedOptions;
  readonly #arrived = createWakeUp();
  readonly #ended: Promise<void>;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #next: bigint;
  #busy = false;

  constructor(options: PartitionFeedOptions) {
    this.#options = options;
    this.place = options.place;
    this.#next = options.from;
    const { signal } = options.assignment.leaving;
    this.#ended = new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  }

  /** The offset to fetch next. */
  get next(): bigint {
    return this.#next;
  }

  get isHungry(): boolean {
    return this.#bytes < this.#options.fetchBytesPerPartition;
  }

  /** A handler runs, or a rejected piece waits for its next turn. */
  get isBusy(): boolean {
    return this.#busy;
  }

  /** Goes on at another offset: the one that was asked for is not in the log any more. */
  restart(at: bigint): void {
    this.#next = at;
  }

  take(fetched: FetchedPartition): void {
    const { records, next } = readableRecords(fetched, this.#next);
    this.#next = next;
    for (const decoded of records) {
      const bytes = (decoded.key?.length ?? 0) + (decoded.value?.length ?? 0);
      this.#waiting.push({ record: inboundRecord(this.place, decoded, this.#options.limits), bytes });
      this.#bytes += bytes;
    }
    // Markers of transactions are no records, and are passed without a handler.
    if (this.#waiting.length === 0 && !this.#busy) this.#settle(next);
    this.#arrived.ring();
  }

  /** Hands over until the partition is going. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#options.assignment.leaving;
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await Promise.race([this.#arrived.rung(), this.#ended]);
      else await this.#turn(signal);
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { delays, turnstile } = this.#options;
    const { topic, partition } = this.place;
    this.#busy = true;
    try {
      const remainingMs = delays.remainingMs(topic, partition);
      if (remainingMs > 0) await pause(remainingMs, signal);
      await turnstile.enter();
      try {
        // The partition may have been taken away while it waited.
        if (!signal.aborted) await this.#handPiece(signal);
      } finally {
        turnstile.leave();
      }
    } finally {
      this.#busy = false;
    }
  }

  async #handPiece(signal: AbortSignal): Promise<void> {
    const { delays, heartbeat, abandoned, maxBatchRecords, onProgress, onHungry } = this.#options;
    const { topic, partition } = this.place;
    const piece = this.#waiting.slice(0, maxBatchRecords);
    const records = piece.map(({ record }) => record);
    const outcome = await handOver(this.#options, { topic, partition, records, signal, heartbeat, abandoned });
    onProgress();
    if (outcome !== 'handled') return;
    delays.resolved(topic, partition);
    this.#waiting = this.#waiting.slice(piece.length);
    this.#bytes -= piece.reduce((sum, { bytes }) => sum + bytes, 0);
    // The handler's outcome is durable, whatever has become of the partition since.
    const following = this.#waiting[0]?.record.offset;
    this.#settle(following === undefined ? this.#next : BigInt(following));
    onHungry();
  }

  #settle(next: bigint): void {
    this.#options.assignment.ledger.handled(this.place.topic, this.place.partition, next);
  }
}
