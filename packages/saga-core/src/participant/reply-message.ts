import { encodeReply, envelopeContentType, type ReplyOutcome } from '@backstitch/messaging';
import type { NewOutboxRow } from '@backstitch/outbox';
import { derivedUuid, uuidV7 } from '../exchange/uuid-v7.js';
import { addressOf, type ReplyAddress } from './pending-reply.js';

/** What a participant says to one command. */
export interface Answer {
  readonly outcome: ReplyOutcome;
  readonly code?: string;
  readonly message?: string;
  /** JSON of the body, or of the refusal's detail. */
  readonly dataJson: string;
}

/** The reply to a command as the one outbox row of that command's reply: a duplicate's answer, or a later one, takes its place. */
export function replyMessage(
  command: ReplyAddress,
  answer: Answer,
  about: { readonly participant: string; readonly now: number },
): NewOutboxRow {
  const { replyTopic, ...carried } = addressOf(command);
  const { sagaId, commandId } = carried;
  const { outcome, code, message, dataJson } = answer;
  const payload = encodeReply({
    ...carried,
    id: uuidV7(about.now),
    source: about.participant,
    time: new Date(about.now).toISOString(),
    outcome,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    dataJson,
  });
  return {
    id: derivedUuid(sagaId, `${commandId}/reply`),
    topic: replyTopic,
    key: sagaId,
    payload,
    headers: { 'content-type': envelopeContentType },
    aggregateType: 'saga-reply',
    aggregateId: commandId,
    eventType: `${command.command}.${outcome}`,
    // Replies are told apart by their command, not by their order.
    ordered: false,
  };
}
