import { type Database, type Sql, classify } from '@backstitch/postgres';
import { IdempotencyError } from '../../errors.js';
import { requirePositive } from '../../require-option.js';
import { consumeOnce } from '../consume-once.js';
import type { RecordWork } from './consume-records.js';
import type { DeadLetter } from './dead-letter.js';
import type { InboxTables } from './inbox-tables.js';
import { isDatabaseTrouble } from './is-database-trouble.js';
import { lockWatermark } from './lock-watermark.js';
import { nextDeadLetter } from './next-dead-letter.js';
import { errorText, readMessage } from './read-message.js';
import { settleDeadLetter } from './settle-dead-letter.js';

export interface RedriveOptions {
  /** Most letters that one call tries. Default 1,000. */
  readonly limit?: number;
  /** Only letters that fit all that is named. An open one of the same key that stands before and does not fit holds them. */
  readonly where?: RedriveFilter;
}

export interface RedriveFilter {
  readonly topic?: string;
  readonly partition?: number;
  /** The record's key; null for records without one. */
  readonly key?: string | null;
  readonly status?: 'quarantined' | 'failed' | 'held';
  /** Why it was put aside: `HANDLER_FAILED`, `MESSAGE_UNREADABLE`. */
  readonly code?: string;
  /** As `deadLetters()` has them. */
  readonly ids?: readonly string[];
}

export interface RedriveOutcome {
  readonly redriven: number;
  /** Tried, and failed again. */
  readonly failed: number;
  /** Not tried, because one before them with the same key failed, or does not fit the filter. */
  readonly held: number;
}

/** Tries what was put aside once more, in the order of each partition; a letter that fails holds its key. */
export async function redrive<Trx, Message>(
  database: Database<Trx>,
  work: RecordWork<Trx, Message>,
  options: RedriveOptions,
): Promise<RedriveOutcome> {
  const limit = requirePositive('limit', options.limit ?? 1000);
  const outcome = { redriven: 0, failed: 0, held: 0 };
  const heldKeys = new Set<string>();
  let place = { topic: '', partition: 0, offset: '-1' };
  for (let tried = 0; tried < limit; ) {
    const letter = await nextDeadLetter(database.sql, work.tables, { consumer: work.consumer, ...place });
    if (letter === undefined) break;
    place = letter;
    const lane = JSON.stringify([letter.topic, letter.key]);
    const isOrdered = letter.key !== null && letter.status !== 'quarantined';
    if (!fits(letter, options.where ?? {})) {
      if (isOrdered) heldKeys.add(lane);
      continue;
    }
    if (isOrdered && heldKeys.has(lane)) {
      outcome.held += 1;
      continue;
    }
    tried += 1;
    const ended = await redriveOne(database, work, letter);
    if (ended === 'gone') continue;
    outcome[ended] += 1;
    if (ended === 'failed') heldKeys.add(lane);
  }
  return outcome;
}

function fits(letter: DeadLetter, { ids, ...filter }: RedriveFilter): boolean {
  if (ids !== undefined && !ids.includes(letter.id)) return false;
  const named = Object.entries(filter) as [keyof typeof filter, unknown][];
  return named.every(([field, wanted]) => wanted === undefined || letter[field] === wanted);
}

async function redriveOne<Trx, Message>(
  database: Database<Trx>,
  work: RecordWork<Trx, Message>,
  letter: DeadLetter,
): Promise<'redriven' | 'failed' | 'gone'> {
  const { consumer, tables } = work;
  let failure: { readonly error: unknown } | undefined;
  try {
    return await database.transaction(async (trx, sql) => {
      // Under the same lock as batches, so that nothing of this key passes meanwhile.
      await lockWatermark(sql, tables, { consumer, topic: letter.topic, partition: letter.partition });
      const open = await settleDeadLetter(sql, tables, { consumer, id: letter.id, as: { status: 'redriven' } });
      if (!open) return 'gone';
      const read = readMessage(work.reader, letter);
      if (read.kind === 'poison') {
        failure = { error: new IdempotencyError('MESSAGE_UNREADABLE', `It is still unreadable: ${read.code}.`) };
        throw failure.error;
      }
      const { messageKey, message } = read;
      await consumeOnce(sql, {
        table: tables.messages,
        options: { consumer, messageKey },
        work: async () => {
          await work.handle(trx, message, letter);
        },
      }).catch((error: unknown) => {
        failure = { error };
        throw error;
      });
      return 'redriven';
    });
  } catch (error) {
    // Without a failure of the handler's it was the transaction itself; a COMMIT that the author's constraints refuse counts as his.
    const passing = failure === undefined ? classify(error) === 'infrastructure' : isDatabaseTrouble(failure.error);
    if (passing) throw error;
    await countAttempt(database.sql, tables, { id: letter.id, error: errorText(error) });
    return 'failed';
  }
}

async function countAttempt(
  sql: Sql,
  tables: InboxTables,
  failed: { readonly id: string; readonly error: string },
): Promise<void> {
  await sql.query(
    `update ${tables.deadLetters} set attempts = attempts + 1, error = $2 where id = $1 and settled_at is null`,
    [failed.id, failed.error],
  );
}
