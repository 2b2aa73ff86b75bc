import {
  type Assignment,
  type HandOverOptions,
  handOver,
  type InboundLimits,
  pause,
  type TurnOutcome,
} from '@backstitch/kafka-driver';
import type { Batch, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { inboundRecord } from './inbound-record.js';

export interface BatchRun {
  readonly payload: EachBatchPayload;
  readonly assignment: Assignment;
  /** Asks the broker; resolves also where the broker said that the partitions are gone, which `assignment.leaving` tells. */
  readonly heartbeat: () => Promise<void>;
  /** Resolves when nobody waits for handlers any longer. */
  readonly abandoned: Promise<void>;
}

export interface BatchRunnerOptions extends HandOverOptions {
  readonly maxBatchRecords: number;
  readonly limits: InboundLimits;
}

/** The longest stretch that a partition in its pause keeps a fetch from its neighbours. */
const pauseSliceMs = 250;

/**
 * Hands one fetched batch to the handler, piece by piece, and moves the fetch position behind each piece that it resolved.
 *
 * Never throws: kafkajs answers a throw by restarting all partitions. A rejected piece leaves the position where it is, so that the next
 * fetch brings it again; until its pause is over the fetched records are let go. `pause` and `resume` would save those fetches, and
 * are known to leave partitions standing (kafkajs#659, #1072). The pause is sat out in slices, because kafkajs fetches from
 * a broker only when all its partitions' batches have returned.
 */
export function createBatchRunner(options: BatchRunnerOptions): (run: BatchRun) => Promise<void> {
  const { delays } = options;

  return async (run) => {
    const { batch } = run.payload;
    const { topic, partition } = batch;
    if (!mayGoOn(run)) return;
    const remainingMs = delays.remainingMs(topic, partition);
    if (remainingMs > 0) {
      await pause(Math.min(remainingMs, pauseSliceMs), run.assignment.leaving.signal);
      if (remainingMs > pauseSliceMs) return;
    }
    for (const piece of pieces(batch.messages, options.maxBatchRecords)) {
      if (!mayGoOn(run)) return;
      const outcome = await handlePiece(options, run, piece);
      if (outcome !== 'handled') return;
      settlePiece(run, piece);
      delays.resolved(topic, partition);
    }
  };
}

function mayGoOn({ payload, assignment }: BatchRun): boolean {
  return !assignment.leaving.signal.aborted && payload.isRunning() && !payload.isStale();
}

function* pieces(messages: readonly KafkaMessage[], size: number): Generator<readonly KafkaMessage[]> {
  for (let at = 0; at < messages.length; at += size) yield messages.slice(at, at + size);
}

function handlePiece(options: BatchRunnerOptions, run: BatchRun, piece: readonly KafkaMessage[]): Promise<TurnOutcome> {
  const { topic, partition } = run.payload.batch;
  const { signal } = run.assignment.leaving;
  const records = piece.map((message) => inboundRecord({ topic, partition }, message, options.limits));
  const { heartbeat, abandoned } = run;
  return handOver(options, { topic, partition, records, signal, heartbeat, abandoned });
}

/** The handler's outcome is durable, whatever has become of the partition since. */
function settlePiece({ payload, assignment }: BatchRun, piece: readonly KafkaMessage[]): void {
  const { batch } = payload;
  const last = piece.at(-1)?.offset;
  if (last === undefined) return;
  payload.resolveOffset(last);
  const behind = isLastOf(batch, last) ? batch.lastOffset() : last;
  assignment.ledger.handled(batch.topic, batch.partition, BigInt(behind) + 1n);
}

/** Behind a batch's last record there may be markers of transactions, which are no records and are passed with it. */
function isLastOf(batch: Batch, offset: string): boolean {
  return batch.messages.at(-1)?.offset === offset;
}
