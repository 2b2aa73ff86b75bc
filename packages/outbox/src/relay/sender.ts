import { TransportUnavailableError } from '@backstitch/messaging';
import type { ClaimedRow } from '../outbox-row.js';
import type { BrokerPause } from './broker-pause.js';
import type { LaneQueue } from './lane-queue.js';
import type { RelaySettings } from './relay-options.js';
import { outboundRecord, type SentRow, sendOutcomes } from './send-outcomes.js';

/** Sends a topic's batches one after the other; two sends of a topic never overlap, which is what keeps lanes in order. */
export interface Sender {
  /** Rows of one topic. Never rejects. Answers the outcomes of these rows and of those that could not be sent because of them. */
  send(rows: readonly ClaimedRow[]): Promise<readonly SentRow[]>;
}

export interface SenderParts {
  readonly settings: RelaySettings;
  readonly queue: LaneQueue;
  readonly pause: Pick<BrokerPause, 'trouble' | 'recovered'>;
}

export function createSender({ settings, queue, pause }: SenderParts): Sender {
  const { transport, logger } = settings;
  const last = new Map<string, Promise<unknown>>();

  const sendNow = async (rows: readonly ClaimedRow[]): Promise<readonly SentRow[]> => {
    let sent: readonly SentRow[];
    try {
      sent = sendOutcomes(rows, await transport.send(rows.map(outboundRecord)));
    } catch (error) {
      return giveUp(rows, error);
    }
    pause.recovered();
    for (const { row, outcome } of sent) {
      if (outcome.kind !== 'refused') continue;
      const { id, topic, key, eventType } = row;
      logger.warn({ id, topic, key, eventType, code: outcome.code }, 'the broker refused an outbox row');
    }
    const blocked = queue.block(sent.filter(({ outcome }) => outcome.kind !== 'sent').map(({ row }) => row));
    return [...sent, ...released(blocked)];
  };
  const giveUp = (rows: readonly ClaimedRow[], error: unknown): readonly SentRow[] => {
    const pauseMs = Math.round(pause.trouble());
    const fields = { error, rows: rows.length, pauseMs };
    if (error instanceof TransportUnavailableError)
      logger.warn(fields, 'the broker cannot be reached; outbox rows are given back and stay unsent');
    else logger.error(fields, 'the transport failed in an unknown way; outbox rows are given back and stay unsent');
    queue.forget(rows);
    return [...rows.map((row): SentRow => ({ row, outcome: { kind: 'unknown' } })), ...released(queue.drain())];
  };

  return {
    send(rows) {
      const topic = rows[0]?.topic ?? '';
      const turn = (last.get(topic) ?? Promise.resolve()).then(() => sendNow(rows));
      last.set(topic, turn);
      return turn;
    },
  };
}

/** Rows that were certainly not sent. */
export function released(rows: readonly ClaimedRow[]): readonly SentRow[] {
  return rows.map((row) => ({ row, outcome: { kind: 'released' } }));
}
