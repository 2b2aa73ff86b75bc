import { setTimeout as delay } from 'node:timers/promises';
import { type Database, defaultSchema, quoteIdentifier, validateSchemaName } from '@backstitch/postgres';
import { assertRetention } from './inbox/consumer/assert-retention.js';
import { type InboxLogger, silentInboxLogger } from './inbox/consumer/inbox-logger.js';
import type { BrokerRetention } from './inbox/consumer/judge-retention.js';
import { pruneLetters } from './inbox/prune-letters.js';
import { pruneMessages } from './inbox/prune-messages.js';
import { pruneKeys } from './keys/prune-keys.js';
import { requirePositive } from './require-option.js';

export interface InboxRetention {
  /** How long inbox rows are kept in milliseconds, and settled dead letters after their settlement: what `createInboxConsumer` is given. */
  readonly inboxRetentionMs: number;
  /** All topics that consumers of this schema read. */
  readonly topics: readonly string[];
  /** How long the broker keeps a topic: `kafkaRetention(admin)`. Without it start warns. */
  readonly brokerRetention?: (topic: string) => Promise<BrokerRetention>;
  /** Where the broker keeps a topic longer than the inbox its rows. Default `refuse`: start throws `RETENTION_TOO_SHORT`. */
  readonly onShortRetention?: 'refuse' | 'warn';
}

export interface IdempotencyRetentionOptions {
  readonly database: Database<unknown>;
  /** Default `backstitch`. */
  readonly schema?: string;
  /** Without it only expired keys are deleted. */
  readonly inbox?: InboxRetention;
  /** Most rows of a table that one statement deletes. Default 1,000. */
  readonly batchSize?: number;
  /** The pause after a run that found nothing more, in milliseconds. Default one minute. */
  readonly intervalMs?: number;
  readonly logger?: InboxLogger;
}

/** Rows that one run deleted. */
export interface PrunedRows {
  readonly keys: number;
  readonly inboxMessages: number;
  readonly deadLetters: number;
}

/** Keeps the tables small. Any number may run, and none waits for another: a row that somebody has locked is passed over. */
export interface IdempotencyRetention {
  /** Resolves when it runs. Before, it holds `inboxRetentionMs` against the broker, and throws or warns. */
  start(): Promise<void>;
  /** One statement a table. */
  runOnce(): Promise<PrunedRows>;
  /** Waits for the statement under way. */
  stop(): Promise<void>;
}

/** Between full batches, in milliseconds: it leaves the disk to others. */
const longestRestMs = 100;

/** Deletes expired keys, and inbox rows and settled dead letters that are old enough, batch by batch. */
export function createRetention(options: IdempotencyRetentionOptions): IdempotencyRetention {
  const { inbox, logger = silentInboxLogger } = options;
  const intervalMs = requirePositive('intervalMs', options.intervalMs ?? 60_000);
  const limit = requirePositive('batchSize', options.batchSize ?? 1_000);
  if (inbox !== undefined) requirePositive('inboxRetentionMs', inbox.inboxRetentionMs);
  const runOnce = pruneOnce(options, limit);
  let stopping: AbortController | undefined;
  let loop: Promise<void> = Promise.resolve();

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      let isFull = false;
      try {
        const pruned = await runOnce();
        const counts = Object.values(pruned) as number[];
        isFull = counts.some((count) => count >= limit);
        if (counts.some((count) => count > 0)) logger.info({ ...pruned }, 'Old keys and inbox rows were pruned.');
      } catch (error) {
        logger.warn({ error }, 'Old keys and inbox rows could not be pruned.');
      }
      const restMs = isFull ? Math.min(intervalMs, longestRestMs) : intervalMs;
      await delay(restMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  return {
    runOnce,
    async start() {
      if (stopping !== undefined) return;
      const own = new AbortController();
      stopping = own;
      try {
        if (inbox !== undefined) await checkInbox(inbox, logger);
      } catch (error) {
        stopping = undefined;
        throw error;
      }
      loop = loop.then(() => run(own.signal));
    },
    async stop() {
      stopping?.abort();
      stopping = undefined;
      await loop;
    },
  };
}

function pruneOnce(
  { database: { sql }, inbox, ...options }: IdempotencyRetentionOptions,
  limit: number,
): () => Promise<PrunedRows> {
  const schema = quoteIdentifier(validateSchemaName(options.schema ?? defaultSchema));
  return async () => {
    const keys = await pruneKeys(sql, { table: `${schema}.idem_keys`, limit });
    if (inbox === undefined) return { keys, inboxMessages: 0, deadLetters: 0 };
    const old = { limit, olderThanMs: inbox.inboxRetentionMs };
    return {
      keys,
      inboxMessages: await pruneMessages(sql, { ...old, table: `${schema}.inbox_messages` }),
      deadLetters: await pruneLetters(sql, { ...old, table: `${schema}.inbox_dead_letters` }),
    };
  };
}

function checkInbox(inbox: InboxRetention, logger: InboxLogger): Promise<void> {
  const { topics, inboxRetentionMs, brokerRetention, onShortRetention = 'refuse' } = inbox;
  return assertRetention({ topics, inboxRetentionMs, brokerRetention, onShortRetention, logger });
}
