import type { NewOutboxRow, OutboxRow } from './outbox-row.js';
import type { FailedRow } from './outbox-store.js';
import { uuidV7 } from './uuid-v7.js';

/** The topic for what this topic's broker refused for the last time, or null for none. */
export type DeadLetterTopic = (topic: string) => string | null;

export interface DeadLetterSource extends FailedRow, Pick<OutboxRow, 'payload' | 'headers'> {}

/** What a record that was too large for its topic is too large for in another one, too. */
const tooLarge = /^RECORD_TOO_LARGE:/;

/**
 * The message that tells of a row that FAILED: the same payload and headers, with `dead-letter-…` headers that say why and where from. It is
 * an outbox row of its own, inserted by the transaction that made the other one FAILED, so that neither is ever without the other. A record
 * that was too large goes without its payload, which stays in the failed row.
 *
 * Null where there is no such topic, and for a dead letter that FAILED itself: it would breed others.
 */
export function deadLetterRow(failed: DeadLetterSource, deadLetterTopic: DeadLetterTopic): NewOutboxRow | null {
  if (failed.headers['dead-letter-id'] !== undefined) return null;
  const topic = deadLetterTopic(failed.topic);
  if (topic === null || topic === failed.topic) return null;
  const { key, aggregateType, aggregateId, eventType, payload, lastError } = failed;
  const isOmitted = tooLarge.test(lastError);
  return {
    ...{ id: uuidV7(), topic, key, aggregateType, aggregateId, eventType },
    payload: isOmitted ? JSON.stringify({ omitted: 'payload', bytes: Buffer.byteLength(payload) }) : payload,
    headers: {
      ...(isOmitted ? {} : failed.headers),
      'dead-letter-reason': oneLine(lastError),
      'dead-letter-topic': failed.topic,
      'dead-letter-id': failed.id,
      'dead-letter-retries': String(failed.retryCount),
    },
    ordered: false,
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 500);
}
