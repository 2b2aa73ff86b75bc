import type { BatchHandler, InboundRecord, Logger, RecordBatch } from '@backstitch/messaging';
import type { RedeliveryDelays } from './redelivery-delays.js';

export interface HandOverOptions {
  readonly handle: BatchHandler;
  readonly heartbeatIntervalMs: number;
  readonly delays: RedeliveryDelays;
  readonly logger: Logger;
}

/** Records of one partition on their way to the handler. */
export interface Turn {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly InboundRecord[];
  /** Aborted when the partition is going. */
  readonly signal: AbortSignal;
  /** Asks the broker; resolves also where it said that the partitions are gone, which `signal` tells. */
  readonly heartbeat: () => Promise<void>;
  /** Resolves when nobody waits for handlers any longer. */
  readonly abandoned: Promise<void>;
}

export type TurnOutcome = 'handled' | 'rejected' | 'abandoned';

/** Hands records to the handler and keeps the member alive meanwhile. Never rejects; a rejection starts the partition's pause. */
export async function handOver(options: HandOverOptions, turn: Turn): Promise<TurnOutcome> {
  const { topic, partition, records, signal, heartbeat } = turn;
  // A handler slower than the session would lose its partitions. kafkajs drops what comes before the interval is over, so this timer
  // runs at twice the pace.
  const beating = setInterval(() => void heartbeat(), options.heartbeatIntervalMs / 2);
  const handled = settle(options.handle, { topic, partition, records }, { signal, heartbeat });
  try {
    const outcome = await Promise.race([handled, turn.abandoned.then((): 'abandoned' => 'abandoned')]);
    if (typeof outcome === 'string') return outcome;
    const { error } = outcome;
    const place = { topic, partition, offset: records[0]?.offset, records: records.length };
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
