import { setTimeout as delay } from 'node:timers/promises';
import { type Database, defaultSchema, quoteIdentifier, validateSchemaName } from '@backstitch/postgres';
import { IdempotencyError } from '../../errors.js';
import { requireName, requirePositive } from '../../require-option.js';
import { assertRetention } from './assert-retention.js';
import { type BatchWork, consumeBatch } from './consume-batch.js';
import type { DeadLetter } from './dead-letter.js';
import { type InboxLogger, silentInboxLogger } from './inbox-logger.js';
import type { BrokerRetention } from './judge-retention.js';
import { type DeadLetterQuery, listDeadLetters } from './list-dead-letters.js';
import { listWatermarks, type Watermark } from './list-watermarks.js';
import { byCloudEventId, decodeJsonValue } from './read-message.js';
import type {
  ConsumedBatch,
  ConsumedBatchContext,
  ConsumedRecord,
  RecordSubscription,
  RecordTransport,
} from './record-transport.js';
import { type RedriveOptions, type RedriveOutcome, redrive } from './redrive.js';
import { settleDeadLetter } from './settle-dead-letter.js';

export interface InboxConsumerOptions<Trx, Message> {
  readonly database: Database<Trx>;
  readonly transport: RecordTransport;
  /** The consumer group, and the name under which the inbox keeps its account. */
  readonly consumer: string;
  readonly topics: readonly string[];
  /** Runs in the transaction that also holds the inbox row and the watermark. What it throws rolls its own writes back. */
  readonly handle: (trx: Trx, message: Message, record: ConsumedRecord) => Promise<unknown>;
  /** What throws here is quarantined. Default: the value's JSON. */
  readonly decode: (record: ConsumedRecord) => Message;
  /** Names the message, the same at every delivery. Default: the CloudEvent's source and id; `byOffset` where there is none. */
  readonly messageKey?: (record: ConsumedRecord) => string | undefined;
  /** How long you keep inbox rows: what you give `pruneInbox` as `olderThanMs`, or `forever`. Must outlive the topics' retention. */
  readonly inboxRetentionMs: number | 'forever';
  /** How long the broker keeps a topic: `kafkaRetention(admin)`. Without it start warns. */
  readonly brokerRetention?: (topic: string) => Promise<BrokerRetention>;
  /** Where the broker keeps a topic longer than the inbox its rows. Default `refuse`: start throws `RETENTION_TOO_SHORT`. */
  readonly onShortRetention?: 'refuse' | 'warn';
  /** Pauses between the attempts of a handler that throws, in milliseconds; the partition waits. Default 100, 1,000, 5,000: four attempts. */
  readonly retryDelaysMs?: readonly number[];
  /** Most records of one transaction. Default 100. */
  readonly maxTransactionRecords?: number;
  /** Default `backstitch`. */
  readonly schema?: string;
  readonly logger?: InboxLogger;
}

export interface InboxConsumer {
  /** Checks the retention, subscribes, and resolves when the member has its partitions. `onStopped` hears of a consumer that died for good. */
  start(onStopped?: (error: unknown) => void): Promise<void>;
  /** One batch, as `start` has the transport deliver it: resolves when the fate of each record is committed. */
  runOnce(batch: ConsumedBatch, context?: ConsumedBatchContext): Promise<void>;
  /** Waits for the running batch; after `timeoutMs` it leaves anyway. */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** How far this consumer has got, by topic and partition. */
  watermarks(): Promise<readonly Watermark[]>;
  deadLetters(query?: DeadLetterQuery): Promise<readonly DeadLetter[]>;
  /** Tries open letters again, in the order of their partitions; one that fails holds its key. */
  redrive(options?: RedriveOptions): Promise<RedriveOutcome>;
  /** Gives a letter up; what waits behind it is handled by the next `redrive`. False where it is settled already. */
  discard(id: string, by: { readonly actor: string; readonly reason: string }): Promise<boolean>;
}

/** A consumer whose handler's effects happen once per message, in the handler's own transaction. Delivery stays at-least-once. */
export function createInboxConsumer<Trx, Message = unknown>(
  options: Omit<InboxConsumerOptions<Trx, Message>, 'decode'> &
    Partial<Pick<InboxConsumerOptions<Trx, Message>, 'decode'>>,
): InboxConsumer {
  const work = batchWork(options);
  const { database, consumer, tables, logger } = work;
  const handle = (batch: ConsumedBatch, context: ConsumedBatchContext) => consumeBatch(work, batch, context);
  let subscription: RecordSubscription | undefined;
  return {
    async start(onStopped) {
      if (subscription !== undefined) return;
      await assertRetention({
        topics: options.topics,
        inboxRetentionMs: requireRetention(options.inboxRetentionMs),
        brokerRetention: options.brokerRetention,
        onShortRetention: options.onShortRetention ?? 'refuse',
        logger,
      });
      subscription = await options.transport.subscribe({ group: consumer, topics: options.topics, handle });
      subscription.stopped.catch((error: unknown) => {
        logger.error({ consumer, error }, 'The consumer died and takes no more messages.');
        onStopped?.(error);
      });
    },
    runOnce: (batch, context = { signal: new AbortController().signal, heartbeat: async () => undefined }) =>
      handle(batch, context),
    async stop(how) {
      const closing = subscription;
      subscription = undefined;
      await closing?.close(how);
    },
    watermarks: () => listWatermarks(database.sql, tables, consumer),
    deadLetters: (query = {}) => listDeadLetters(database.sql, tables, { ...query, consumer }),
    redrive: (how = {}) => redrive(database, work, how),
    async discard(id, { actor, reason }) {
      const as = {
        status: 'discarded',
        actor: requireName('actor', actor),
        reason: requireName('reason', reason),
      } as const;
      return settleDeadLetter(database.sql, tables, { consumer, id, as });
    },
  };
}

function batchWork<Trx, Message>(
  options: Parameters<typeof createInboxConsumer<Trx, Message>>[0],
): BatchWork<Trx, Message> {
  const schema = quoteIdentifier(validateSchemaName(options.schema ?? defaultSchema));
  if (options.topics.length === 0) throw invalid('topics', '[]', 'Name at least one topic.');
  const retryDelaysMs = options.retryDelaysMs ?? [100, 1000, 5000];
  for (const delayMs of retryDelaysMs) requirePositive('retryDelaysMs', delayMs);
  requireRetention(options.inboxRetentionMs);
  return {
    database: options.database,
    consumer: requireName('consumer', options.consumer),
    tables: {
      messages: `${schema}.inbox_messages`,
      watermarks: `${schema}.inbox_watermarks`,
      deadLetters: `${schema}.inbox_dead_letters`,
    },
    reader: {
      messageKey: options.messageKey ?? byCloudEventId,
      // Without a decoder the message is what JSON says it is, which nobody has promised the type of.
      decode: options.decode ?? (decodeJsonValue as (record: ConsumedRecord) => Message),
    },
    handle: options.handle,
    logger: options.logger ?? silentInboxLogger,
    maxTransactionRecords: requirePositive('maxTransactionRecords', options.maxTransactionRecords ?? 100),
    retryDelaysMs,
    // When the partition is taken away in a pause, the loop sees the signal.
    wait: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  };
}

function requireRetention(found: number | 'forever'): number | 'forever' {
  return found === 'forever' ? found : requirePositive('inboxRetentionMs', found);
}

function invalid(field: string, value: unknown, hint: string): IdempotencyError {
  return new IdempotencyError('OPTION_INVALID', `${field} is ${String(value)}.`, { fields: { field, value }, hint });
}
