import type { BatchHandler, Logger, RecordBatch } from '@backstitch/messaging';
import type { Batch, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Assignment } from './assignment.js';
import { type InboundLimits, inboundRecord } from './inbound-record.js';
import type { RedeliveryDelays } from './redelivery-delays.js';

export interface BatchRun {
  readonly payload: EachBatchPayload;
  readonly assignment: Assignment;
  /** Asks the broker; resolves also where the broker said that the partitions are gone, which `assignment.leaving` tells. */
  readonly heartbeat: () => Promise<void>;
  /** Resolves when nobody waits for handlers any longer. */
  readonly abandoned: Promise<void>;
}

export interface BatchRunnerOptions {
  readonly handle: BatchHandler;
  readonly maxBatchRecords: number;
  readonly limits: InboundLimits;
  readonly heartbeatIntervalMs: number;
  readonly delays: RedeliveryDelays;
  readonly logger: Logger;
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

type Outcome = 'handled' | 'rejected' | 'abandoned';

async function handlePiece(
  options: BatchRunnerOptions,
  run: BatchRun,
  piece: readonly KafkaMessage[],
): Promise<Outcome> {
  const { topic, partition } = run.payload.batch;
  const { signal } = run.assignment.leaving;
  const records = piece.map((message) => inboundRecord({ topic, partition }, message, options.limits));
  // kafkajs beats only between batches: a handler slower than the session would lose its partitions. It drops what comes before the
  // interval is over, so this timer runs at twice the pace.
  const beating = setInterval(() => void run.heartbeat(), options.heartbeatIntervalMs / 2);
  const handled = settle(options.handle, { topic, partition, records }, { signal, heartbeat: run.heartbeat });
  try {
    const outcome = await Promise.race([handled, run.abandoned.then((): 'abandoned' => 'abandoned')]);
    if (typeof outcome === 'string') return outcome;
    const { error } = outcome;
    const place = { topic, partition, offset: piece[0]?.offset, records: piece.length };
    if (signal.aborted) {
      options.logger.info({ ...place, err: error }, 'a handler left its batch because the partition is going');
    } else {
      const delayMs = options.delays.rejected(topic, partition);
      options.logger.warn({ ...place, delayMs, err: error }, 'a handler rejected its batch; it is delivered again');
    }
    return 'rejected';
  } finally {
    clearInterval(beating);
  }
}

/** Turns a rejection, or a throw before the first await, into a value. */
async function settle(
  handle: BatchHandler,
  batch: RecordBatch,
  context: Parameters<BatchHandler>[1],
): Promise<'handled' | { readonly error: unknown }> {
  try {
    await handle(batch, context);
    return 'handled';
  } catch (error) {
    return { error };
  }
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
