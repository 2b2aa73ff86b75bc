import {
  type CommandEnvelope,
  encodeCommand,
  encodeJson,
  envelopeContentType,
  issueReplyToken,
  type ReplyTokenKeys,
} from '@backstitch/messaging';
import type { NewOutboxRow } from '@backstitch/outbox';
import type { SendCommand } from '../machine/effect.js';
import { commandTopic, replyTopic } from '../exchange/topic-names.js';
import { splitKey } from '../machine/unit.js';
import { derivedUuid, uuidV7 } from '../exchange/uuid-v7.js';

/** Who is asking: what every command of this orchestrator carries. */
export interface Sender {
  readonly orchestrator: string;
  readonly installation: string;
  readonly tokenKeys: ReplyTokenKeys;
}

/** The aggregate type of saga commands in the outbox; their aggregate id is the command id, which says whom a refusal concerns. */
export const commandAggregate = 'saga-command';

/** An effect as the row that carries it. The row's id is the command's: whatever is sent again, is the same row. */
export function commandMessage(
  effect: SendCommand,
  about: { readonly sagaId: string; readonly saga: string; readonly now: number },
  sender: Sender,
): NewOutboxRow {
  const { sagaId, saga, now } = about;
  const topic = commandTopic(effect.participant);
  const { installation, tokenKeys, orchestrator } = sender;
  const envelope: Omit<CommandEnvelope, 'data'> & { readonly dataJson: string } = {
    id: uuidV7(now),
    source: orchestrator,
    command: effect.command,
    time: new Date(now).toISOString(),
    saga,
    sagaId,
    ...splitKey(effect.step),
    round: effect.round,
    direction: effect.direction,
    commandId: effect.commandId,
    attempt: effect.attempt,
    firstSentAt: new Date(effect.firstSentAt).toISOString(),
    replyTopic: replyTopic(orchestrator, effect.participant),
    ...(effect.isDone ? { isDone: true } : {}),
    replyToken: issueReplyToken(tokenKeys, { commandId: effect.commandId, installation }),
    installation,
    dataJson:
      effect.data === undefined ? 'null' : encodeJson(effect.data, { what: `payload of ${saga}/${effect.step}` }),
  };
  return {
    id: commandRowId(sagaId, effect.commandId),
    topic,
    key: sagaId,
    payload: encodeCommand(envelope),
    headers: { 'content-type': envelopeContentType },
    aggregateType: commandAggregate,
    aggregateId: effect.commandId,
    eventType: effect.command,
    // An undo must not overtake its own forward command where that may still be under way; both therefore keep their place in the lane.
    ordered: true,
  };
}

/** The one child of a step's round: always the same id, beside its parent's. */
export function childIdOf(sagaId: string, key: string): string {
  return derivedUuid(sagaId, `${key}/child`);
}

export function commandRowId(sagaId: string, commandId: string): string {
  return derivedUuid(sagaId, commandId);
}
