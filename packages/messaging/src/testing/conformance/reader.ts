import type { BatchContext, InboundRecord, RecordBatch, Subscription, Transport } from '../../transport.js';
import { createWatch } from './watch.js';

export interface ReaderOptions {
  readonly topics: readonly string[];
  readonly group: string;
  /** Default: the suite's shared transport. */
  readonly transport?: Transport;
  readonly maxBatchRecords?: number;
  /** Runs before the batch counts as handled. A rejection is the handler's. */
  readonly before?: (batch: RecordBatch, context: BatchContext) => Promise<void> | void;
}

/** A member that keeps everything it was handed. */
export interface Reader {
  /** Every batch that was handed over, as it began. */
  readonly begun: readonly RecordBatch[];
  /** The records of the batches whose handler resolved, in that order, repeats included. */
  readonly handled: readonly InboundRecord[];
  /** Resolves as soon as `holds()`, asked after every event; rejects after the patience is up. */
  until(holds: () => boolean, what: string): Promise<void>;
  readonly subscription: Subscription;
  close(timeoutMs?: number): Promise<void>;
}

export async function createReader(
  options: ReaderOptions,
  { patienceMs, fallback }: { readonly patienceMs: number; readonly fallback: Transport },
): Promise<Reader> {
  const begun: RecordBatch[] = [];
  const handled: InboundRecord[] = [];
  const watch = createWatch(patienceMs);
  const subscription = await (options.transport ?? fallback).subscribe({
    group: options.group,
    topics: options.topics,
    ...(options.maxBatchRecords === undefined ? {} : { maxBatchRecords: options.maxBatchRecords }),
    async handle(batch, context) {
      begun.push(batch);
      watch.changed();
      await options.before?.(batch, context);
      handled.push(...batch.records);
      watch.changed();
    },
  });
  return {
    begun,
    handled,
    until: (holds, what) => watch.until(holds, () => `${what}; handled so far: ${describeRecords(handled)}`),
    subscription,
    close: (timeoutMs) => subscription.close(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** The values, without those that came before: the order of first deliveries. */
export function firstDeliveries(records: readonly InboundRecord[]): (string | null)[] {
  const seen = new Set<string>();
  return records.filter((record) => !seen.has(place(record)) && seen.add(place(record))).map((record) => record.value);
}

/** Where a record stands: the same for each of its deliveries. */
export function place(record: InboundRecord): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}

function describeRecords(records: readonly InboundRecord[]): string {
  const shown = records
    .slice(-20)
    .map((record) => `${record.partition}:${record.offset}=${record.value?.slice(0, 40)}`);
  return `${records.length} [${shown.join(', ')}]`;
}
