import { encodeJson, type EventCatalog, eventRecord } from '@backstitch/messaging';
import { OutboxError } from './errors.js';
import type { OutboxMessage } from './outbox-message.js';
import type { NewOutboxRow } from './outbox-row.js';

export interface EventRowContext {
  readonly id: string;
  readonly time: string;
  readonly catalog: EventCatalog | undefined;
  /** CloudEvents `source`. */
  readonly source: string | undefined;
}

const unstorable = /\0|\p{Surrogate}/u;

/**
 * The row of an event: its payload checked and its headers made, CloudEvents 1.0 in binary mode.
 *
 * @throws OutboxError EVENT_INVALID with every violation of the catalog's schema, or with the field that cannot be sent.
 * @throws MessagingError EVENT_INVALID for an attribute, PAYLOAD_* for a payload that JSON or Postgres cannot hold.
 */
export function eventRow(message: OutboxMessage, { id, time, catalog, source }: EventRowContext): NewOutboxRow {
  const { topic, aggregateType, aggregateId, key = aggregateId, type, payload } = message;
  for (const [field, text] of Object.entries({ topic, aggregateType, aggregateId, key, type }))
    requireText(field, text);
  refuseViolations(catalog, message);
  const record = eventRecord({
    id,
    topic,
    key,
    type,
    time: message.time ?? time,
    version: message.version ?? catalog?.versionOf(type) ?? 1,
    source: source ?? `/${aggregateType}`,
    subject: aggregateId,
    payloadJson: encodeJson(payload, { what: `payload of ${type}` }),
    ...(message.headers === undefined ? {} : { headers: message.headers }),
  });
  const headers = record.headers ?? {};
  for (const [name, value] of Object.entries(headers)) requireText(`headers.${name}`, value, 'may be empty');
  return {
    ...{ id, topic, key, aggregateType, aggregateId, eventType: type, payload: record.value, headers },
    ordered: message.ordered ?? true,
    ...(message.maxRetries === undefined ? {} : { maxRetries: requireCount('maxRetries', message.maxRetries) }),
  };
}

function refuseViolations(catalog: EventCatalog | undefined, { type, payload }: OutboxMessage): void {
  if (catalog === undefined) return;
  // As a value of text it would be taken for JSON text.
  const { valid, errors } = catalog.validate(type, typeof payload === 'string' ? JSON.stringify(payload) : payload);
  if (valid) return;
  const [first] = errors;
  throw new OutboxError(
    'EVENT_INVALID',
    `The payload of ${type} breaks its schema: ${first?.path || '/'} ${first?.message}.`,
    {
      fields: { type, errors },
      hint: 'Mend the payload, or raise the version in the catalog together with its schema.',
    },
  );
}

function requireText(field: string, text: unknown, empty?: 'may be empty'): void {
  if (typeof text === 'string' && (text !== '' || empty !== undefined) && !unstorable.test(text)) return;
  throw new OutboxError('EVENT_INVALID', `The event's ${field} is no usable text.`, {
    fields: { field, found: typeof text },
    hint: 'Give a non-empty string without U+0000 and without lone surrogates: Postgres cannot hold those.',
  });
}

function requireCount(field: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 0 && count <= 1_000) return count;
  throw new OutboxError('EVENT_INVALID', `The event's ${field} is ${String(count)}.`, {
    fields: { field, found: count },
    hint: 'Give a whole number from 0 to 1000.',
  });
}
