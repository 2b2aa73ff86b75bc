import type { InboundRecord, Logger, OutboundRecord, Transport } from '@backstitch/messaging';
import type { QuarantinedRecord } from './quarantined-record.js';
import { deadLetterTopic } from './topic-names.js';

export interface PutAsideOptions {
  readonly quarantine: (records: readonly QuarantinedRecord[]) => Promise<void>;
  readonly transport: Pick<Transport, 'send'>;
  readonly logger: Logger;
}

export interface RefusedRecord {
  readonly record: InboundRecord;
  readonly reason: string;
}

export type PutAside = (refused: readonly RefusedRecord[]) => Promise<void>;

/**
 * What no process of ours can ever handle goes out of the way of what it can: its beginning into the quarantine table, which is what the offset
 * waits for, and the whole of it to the topic's dead letters, as well as that goes. A lost copy there is only logged.
 */
export function createPutAside({ quarantine, transport, logger }: PutAsideOptions): PutAside {
  return async (refused) => {
    const [first] = refused;
    if (first === undefined) return;
    const { topic } = first.record;
    logger.warn({ topic, count: refused.length, reason: first.reason }, 'records put aside');
    await quarantine(refused.map(({ record, reason }) => ({ ...originOf(record), reason })));
    try {
      const results = await transport.send(refused.map(deadLetter));
      const lost = results.find((result) => result.kind !== 'sent');
      if (lost !== undefined)
        logger.warn(
          { topic: deadLetterTopic(topic), result: lost },
          'no dead letter was written; the quarantine table has its beginning',
        );
    } catch (error) {
      logger.warn(
        { topic: deadLetterTopic(topic), err: error },
        'no dead letter was written; the quarantine table has its beginning',
      );
    }
  };
}

export function originOf({ topic, partition, offset, value }: InboundRecord): Omit<QuarantinedRecord, 'reason'> {
  return { topic, partition, offset, head: (value ?? '').slice(0, 4_096) };
}

function deadLetter({ record, reason }: RefusedRecord): OutboundRecord {
  const { topic, partition, offset, key, value } = record;
  return {
    topic: deadLetterTopic(topic),
    key: key ?? '',
    value: value ?? '',
    // Of the record's own headers none is kept: hostile headers may be why it is here.
    headers: {
      'dead-letter-reason': printable(reason),
      'dead-letter-topic': topic,
      'dead-letter-partition': String(partition),
      'dead-letter-offset': offset,
    },
  };
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 500);
}
