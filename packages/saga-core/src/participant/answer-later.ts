import { type LaterContext, type OwedAnswer, owedAnswer, refused } from './owed-answer.js';
import { withoutUndo } from './pending-reply.js';
import { type Answer, replyMessage } from './reply-message.js';
import { rowAfter } from './row-after.js';

export type GivenAnswer = 'answered' | 'repeated';

/** Settles the fence and writes the reply with whatever else the transaction does. */
export async function answerLater(context: LaterContext, answer: Answer): Promise<GivenAnswer> {
  const { tx, command, commandId, onPublished } = context;
  const owed = await owedAnswer(context);
  if (owed.kind === 'given') {
    if (isSame(owed, answer)) return 'repeated';
    throw refused(commandId, owed.row.status, answer);
  }
  const { key, row, reply } = owed;
  const { direction } = reply.to;
  const settled = rowAfter(row, direction, answer);
  if (settled !== undefined) await tx.settle(key, settled);
  else if (direction === 'undo') await tx.settle(key, withoutUndo(row));
  else await tx.forget(key);
  const message = replyMessage(reply.to, answer, { participant: command.participant, now: await tx.now() });
  await tx.publish([message], {});
  onPublished([message.id]);
  return 'answered';
}

/** By the letter: the same work answers the same. */
function isSame({ direction, row }: OwedAnswer & { readonly kind: 'given' }, answer: Answer): boolean {
  const said = rowAfter(row, direction, answer);
  return said?.status === row.status && said.doReply === row.doReply && said.undoReply === row.undoReply;
}
