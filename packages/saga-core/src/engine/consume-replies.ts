import { createHash } from 'node:crypto';
import {
  type BatchHandler,
  decodeReply,
  type InboundRecord,
  type ReplyEnvelope,
  verifyReplyToken,
} from '@backstitch/messaging';
import { replyInput } from './check-contract.js';
import { replyTopic } from '../exchange/topic-names.js';
import type { Sender } from './command-message.js';
import type { ReplyItem } from './item.js';
import { originOf, type PutAside, type RefusedRecord } from '../exchange/put-aside.js';

export interface ConsumeRepliesOptions {
  readonly sender: Sender;
  /** Resolves when the replies' outcomes are durable. */
  readonly apply: (items: readonly ReplyItem[]) => Promise<void>;
  readonly putAside: PutAside;
}

/** The handler of the reply topics: what cannot be a reply to us is put aside, the rest is applied, and only then may the offset move. */
export function consumeReplies({ sender, apply, putAside }: ConsumeRepliesOptions): BatchHandler {
  return async ({ records }) => {
    const items: ReplyItem[] = [];
    const refused: RefusedRecord[] = [];
    for (const record of records) {
      const read = readReply(record, sender);
      if (read.kind === 'reply') items.push(read.item);
      else refused.push({ record, reason: read.reason });
    }
    await putAside(refused);
    await apply(items);
  };
}

type Read =
  | { readonly kind: 'reply'; readonly item: ReplyItem }
  | { readonly kind: 'refused'; readonly reason: string };

function readReply(record: InboundRecord, sender: Sender): Read {
  if (record.poison !== undefined) return { kind: 'refused', reason: record.poison };
  const decoded = decodeReply(record.value);
  if (decoded.kind === 'invalid') return { kind: 'refused', reason: decoded.reason };
  const { envelope } = decoded;
  const reason = whyForged(record, envelope, sender);
  if (reason !== undefined) return { kind: 'refused', reason };
  return {
    kind: 'reply',
    item: {
      kind: 'reply',
      sagaId: envelope.sagaId,
      input: replyInput(envelope),
      commandId: envelope.commandId,
      letterId: letterId(record),
      record: originOf(record),
    },
  };
}

/** A reply is believed only with the token of the very command it answers, from our own installation, on that participant's own topic. */
function whyForged(
  record: InboundRecord,
  envelope: ReplyEnvelope,
  { installation, tokenKeys, orchestrator }: Sender,
): string | undefined {
  if (envelope.installation !== installation) return 'another installation';
  if (!verifyReplyToken(tokenKeys, envelope.replyToken, { commandId: envelope.commandId, installation }))
    return 'bad reply token';
  if (record.topic !== replyTopic(orchestrator, envelope.source))
    return 'a participant answered on the topic of another';
  return undefined;
}

/** The same bytes are the same letter, wherever on the broker they lie. */
function letterId({ value }: InboundRecord): string {
  return createHash('sha256')
    .update(value ?? '')
    .digest('hex');
}
