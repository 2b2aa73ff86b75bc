import { type Database, classify } from '@backstitch/postgres';
import { IdempotencyError, KeyInFlightError } from '../../errors.js';
import { type ConsumedRun, consumeRecords, type RecordWork } from './consume-records.js';
import type { InboxLogger } from './inbox-logger.js';
import { insertDeadLetter } from './insert-dead-letter.js';
import { isDatabaseTrouble } from './is-database-trouble.js';
import { lockWatermark } from './lock-watermark.js';
import { moveWatermark } from './move-watermark.js';
import { errorText, readMessage } from './read-message.js';
import type { ConsumedBatch, ConsumedBatchContext, ConsumedRecord } from './record-transport.js';

export interface BatchWork<Trx, Message> extends RecordWork<Trx, Message> {
  readonly database: Database<Trx>;
  readonly logger: InboxLogger;
  readonly maxTransactionRecords: number;
  readonly retryDelaysMs: readonly number[];
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Resolves when the fate of every record is committed. Rejects on the database's trouble and when the partition is taken away: then the transport
 * delivers again, and what is settled comes out as duplicates.
 */
export async function consumeBatch<Trx, Message>(
  work: BatchWork<Trx, Message>,
  batch: ConsumedBatch,
  context: ConsumedBatchContext,
): Promise<void> {
  const { records } = batch;
  let at = 0;
  let attempts = 0;
  /** Records up to here go one by one: a COMMIT failed, and does not say whose fault it was. */
  let singleUntil = 0;
  for (let record = records[at]; record !== undefined; record = records[at]) {
    if (context.signal.aborted) throw stopped(batch, record);
    const single = attempts > 0 || at < singleUntil;
    const run = await runOne(work, context.signal, records.slice(at, at + (single ? 1 : work.maxTransactionRecords)));
    if (run.kind === 'divide') {
      singleUntil = at + run.records;
      continue;
    }
    at += run.settled;
    if (run.settled > 0) attempts = 0;
    // Between transactions: nothing is locked while the broker is asked.
    await context.heartbeat();
    const failed = records[at];
    if (run.failure === undefined || failed === undefined) continue;
    attempts += 1;
    const delayMs = work.retryDelaysMs[attempts - 1];
    if (delayMs !== undefined) {
      await work.wait(delayMs, context.signal);
      continue;
    }
    await putAside(work, failed, { error: run.failure.error, attempts });
    at += 1;
    attempts = 0;
  }
}

type RunOutcome = (ConsumedRun & { readonly kind: 'ran' }) | { readonly kind: 'divide'; readonly records: number };

async function runOne<Trx, Message>(
  work: BatchWork<Trx, Message>,
  signal: AbortSignal,
  records: readonly ConsumedRecord[],
): Promise<RunOutcome> {
  let run: ConsumedRun;
  try {
    run = await work.database.transaction((trx, sql) => consumeRecords(work, { trx, sql, signal }, records));
  } catch (error) {
    if (classify(error) === 'infrastructure' || error instanceof KeyInFlightError) throw error;
    if (records.length > 1) return { kind: 'divide', records: records.length };
    return { kind: 'ran', settled: 0, failure: { error } };
  }
  if (run.failure !== undefined && isDatabaseTrouble(run.failure.error)) throw run.failure.error;
  return { kind: 'ran', ...run };
}

/** From here on its key waits: whatever follows with the same key is put behind it, so that a redrive finds their order. */
async function putAside<Trx, Message>(
  work: BatchWork<Trx, Message>,
  record: ConsumedRecord,
  end: { readonly error: unknown; readonly attempts: number },
): Promise<void> {
  const { consumer, tables } = work;
  const { topic, partition, offset } = record;
  const { messageKey } = readMessage(work.reader, record);
  const at = { consumer, topic, partition };
  await work.database.transaction(async (_trx, sql) => {
    await lockWatermark(sql, tables, at);
    await insertDeadLetter(sql, tables, {
      consumer,
      messageKey,
      record,
      status: 'failed',
      code: 'HANDLER_FAILED',
      error: errorText(end.error),
      attempts: end.attempts,
    });
    const progress = { last: record, handled: 0, duplicates: 0, deadLetters: 1 };
    await moveWatermark(sql, tables, { at, progress });
  });
  const fields = {
    consumer,
    topic,
    partition,
    offset,
    messageKey,
    attempts: end.attempts,
    error: errorText(end.error),
  };
  work.logger.error(fields, 'The handler failed at every attempt; the message is a dead letter, and its key waits.');
}

function stopped(batch: ConsumedBatch, record: ConsumedRecord): IdempotencyError {
  return new IdempotencyError('CONSUMER_STOPPED', 'The partition was taken away, or the consumer stops.', {
    fields: { topic: batch.topic, partition: batch.partition, offset: record.offset },
    hint: 'Nothing to do: the rest of the batch is delivered again, here or to another member.',
  });
}
