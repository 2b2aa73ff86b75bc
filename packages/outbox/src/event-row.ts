import { foundText, encodeJson, type EventCatalog, eventRecord } from '@backstitch/messaging';
import { OutboxError } from './errors.js';
import type { Ordering, OutboxMessage } from './outbox-message.js';
import type { DeliverAfter, NewOutboxRow } from './outbox-row.js';

export interface EventRowContext {
  readonly id: string;
  readonly time: string;
  readonly catalog: EventCatalog | undefined;
  /** CloudEvents `source`. */
  readonly source: string | undefined;
  /** `traceparent` and what belongs to it. The message's own headers win. */
  readonly traceContext?: Readonly<Record<string, string>> | undefined;
  /** Where the message does not say. */
  readonly ordering?: Ordering | undefined;
  readonly maxRetries?: number | undefined;
}

const unstorable = /\0|\p{Surrogate}/u;

/**
 * The row of an event: its payload checked and its headers made, CloudEvents 1.0 in binary mode.
 *
 * @throws OutboxError EVENT_INVALID with every violation of the catalog's schema, or with the field that cannot be sent.
 * @throws MessagingError EVENT_INVALID for an attribute, PAYLOAD_* for a payload that JSON or Postgres cannot hold.
 */
export function eventRow(message: OutboxMessage, context: EventRowContext): NewOutboxRow {
  const { id, time, catalog, source } = context;
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
    headers: { ...context.traceContext, ...message.headers },
  });
  const headers = record.headers ?? {};
  const maxRetries = message.maxRetries ?? context.maxRetries;
  for (const [name, value] of Object.entries(headers)) requireText(`headers.${name}`, value, 'may be empty');
  return {
    ...{ id, topic, key, aggregateType, aggregateId, eventType: type, payload: record.value, headers },
    ordered: isOrdered(message, context.ordering),
    ...(maxRetries === undefined ? {} : { maxRetries: requireCount('maxRetries', maxRetries) }),
    ...(message.deliverAfter === undefined ? {} : { deliverAfter: requireInstant(message.deliverAfter) }),
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
  throw new OutboxError('EVENT_INVALID', `The event's ${field} is ${foundText(count)}.`, {
    fields: { field, found: count },
    hint: 'Give a whole number from 0 to 1000.',
  });
}

function isOrdered({ ordering, deliverAfter }: OutboxMessage, usual: Ordering = 'key'): boolean {
  if (deliverAfter === undefined) return (ordering ?? usual) === 'key';
  if (ordering !== 'key') return false;
  throw new OutboxError('EVENT_INVALID', 'The event is delayed and asks for its place in its lane.', {
    fields: { field: 'ordering', found: ordering },
    hint: "Leave out ordering: 'key', or deliverAfter. What comes later in the lane would overtake a delayed event, or wait for it.",
  });
}

/** A century: beyond it a date is a mistake in its unit. */
const longestDelayMs = 100 * 366 * 86_400_000;

function requireInstant(deliverAfter: DeliverAfter): DeliverAfter {
  const found = deliverAfter instanceof Date ? deliverAfter.getTime() - Date.now() : deliverAfter.ms;
  const isUsable = Number.isFinite(found) && Math.abs(found) <= longestDelayMs;
  if (isUsable && (deliverAfter instanceof Date || found >= 0)) return deliverAfter;
  throw new OutboxError('EVENT_INVALID', `The event's deliverAfter is no instant: ${foundText(found)} ms from now.`, {
    fields: { field: 'deliverAfter', found },
    hint: 'Give a valid Date, or { ms } with milliseconds of 0 or more, at most a century ahead.',
  });
}
