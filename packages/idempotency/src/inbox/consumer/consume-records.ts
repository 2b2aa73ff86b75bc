import type { Sql } from '@backstitch/postgres';
import { consumeOnce } from '../consume-once.js';
import { heldKeys, knownLetters } from './find-dead-letters.js';
import type { InboxTables } from './inbox-tables.js';
import { insertDeadLetter, storedText } from './insert-dead-letter.js';
import { lockWatermark } from './lock-watermark.js';
import { moveWatermark } from './move-watermark.js';
import { type MessageReader, type ReadMessage, readMessage } from './read-message.js';
import type { ConsumedRecord } from './record-transport.js';

export interface RecordWork<Trx, Message> {
  readonly consumer: string;
  readonly tables: InboxTables;
  readonly reader: MessageReader<Message>;
  readonly handle: (trx: Trx, message: Message, record: ConsumedRecord) => Promise<unknown>;
}

export interface ConsumedRun {
  /** How many of the records are settled once this transaction has committed. */
  readonly settled: number;
  /** What the handler of the next one threw; its own writes are rolled back, those of the ones before are not. */
  readonly failure?: { readonly error: unknown };
}

/** In one transaction, under the partition's lock: records of one partition, in order, until one fails or the signal says stop. */
export async function consumeRecords<Trx, Message>(
  work: RecordWork<Trx, Message>,
  session: { readonly trx: Trx; readonly sql: Sql; readonly signal: AbortSignal },
  records: readonly ConsumedRecord[],
): Promise<ConsumedRun> {
  const [first] = records;
  if (first === undefined) return { settled: 0 };
  const { consumer, tables } = work;
  const { sql } = session;
  const at = { consumer, topic: first.topic, partition: first.partition };
  await lockWatermark(sql, tables, at);
  const read = records.map((record) => ({ record, message: readMessage(work.reader, record) }));
  const known = await knownLetters(sql, tables, { consumer, messageKeys: read.map((each) => each.message.messageKey) });
  const recordKeys = records.flatMap(({ key }) => storedText(key) ?? []);
  const held = await heldKeys(sql, tables, { consumer, topic: at.topic, recordKeys });
  const tally = { handled: 0, duplicates: 0, deadLetters: 0 };
  let settled = 0;
  let failure: ConsumedRun['failure'];
  for (const { record, message } of read) {
    if (session.signal.aborted) break;
    try {
      tally[await settle(work, session, { record, message, known, held })] += 1;
    } catch (error) {
      failure = { error };
      break;
    }
    settled += 1;
  }
  await moveWatermark(sql, tables, { at, progress: { ...tally, last: records[settled - 1] } });
  return failure === undefined ? { settled } : { settled, failure };
}

async function settle<Trx, Message>(
  work: RecordWork<Trx, Message>,
  session: { readonly trx: Trx; readonly sql: Sql },
  each: {
    readonly record: ConsumedRecord;
    readonly message: ReadMessage<Message>;
    readonly known: ReadonlySet<string>;
    readonly held: ReadonlySet<string>;
  },
): Promise<'handled' | 'duplicates' | 'deadLetters'> {
  const { record, message } = each;
  const { consumer, tables } = work;
  const { messageKey } = message;
  if (each.known.has(messageKey)) return 'duplicates';
  const letter = { consumer, messageKey, record, attempts: 0 };
  if (message.kind === 'poison') {
    const { code, error } = message;
    await insertDeadLetter(session.sql, tables, { ...letter, status: 'quarantined', code, error });
    return 'deadLetters';
  }
  if (each.held.has(storedText(record.key) ?? '')) {
    const behind = { ...letter, status: 'held', code: 'KEY_HELD', error: null } as const;
    await insertDeadLetter(session.sql, tables, behind);
    return 'deadLetters';
  }
  const { kind } = await consumeOnce(session.sql, {
    table: tables.messages,
    options: { consumer, messageKey },
    work: async () => {
      await work.handle(session.trx, message.message, record);
    },
  });
  return kind === 'fresh' ? 'handled' : 'duplicates';
}
