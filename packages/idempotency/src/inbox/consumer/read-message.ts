import { IdempotencyError } from '../../errors.js';
import { requireName } from '../../require-option.js';
import type { ConsumedRecord } from './record-transport.js';

/** How records become messages. */
export interface MessageReader<Message> {
  /** Names the message, the same at every delivery. */
  readonly messageKey: (record: ConsumedRecord) => string | undefined;
  readonly decode: (record: ConsumedRecord) => Message;
}

export type ReadMessage<Message> =
  | { readonly kind: 'message'; readonly messageKey: string; readonly message: Message }
  /** Nobody can handle it, however often it is tried. */
  | { readonly kind: 'poison'; readonly messageKey: string; readonly code: string; readonly error: string | null };

/** Pure: the author's functions are asked, and what they throw is an answer. */
export function readMessage<Message>(reader: MessageReader<Message>, record: ConsumedRecord): ReadMessage<Message> {
  const place = byOffset(record);
  if (record.poison !== undefined)
    return { kind: 'poison', messageKey: place, code: 'RECORD_CUT', error: record.poison };
  let messageKey: string;
  try {
    messageKey = requireName('messageKey', reader.messageKey(record) ?? '');
  } catch (error) {
    return { kind: 'poison', messageKey: place, code: 'MESSAGE_KEY_MISSING', error: errorText(error) };
  }
  try {
    return { kind: 'message', messageKey, message: reader.decode(record) };
  } catch (error) {
    return { kind: 'poison', messageKey, code: 'MESSAGE_UNREADABLE', error: errorText(error) };
  }
}

/** The default: a CloudEvent's identity, its source and id (binary mode, headers `ce_source` and `ce_id`). */
export function byCloudEventId(record: ConsumedRecord): string | undefined {
  const { ce_id: id, ce_source: source } = record.headers;
  return id === undefined || id === '' ? undefined : JSON.stringify([source ?? '', id]);
}

/** For producers that give no id: what a producer sends again is then another message, and handled again. */
export function byOffset(record: ConsumedRecord): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}

/** The default: the value's JSON; null for a tombstone. */
export function decodeJsonValue(record: ConsumedRecord): unknown {
  return record.value === null ? null : JSON.parse(record.value);
}

/** The name and the code, and a message of ours; other messages quote payloads, which are not logged nor told. */
export function errorText(error: unknown): string {
  if (error instanceof IdempotencyError) return `${error.code}: ${error.message}`;
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `${error.name} ${code}` : error.name;
}
