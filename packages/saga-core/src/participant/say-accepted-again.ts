import { type LaterContext, owedAnswer, refused } from './owed-answer.js';
import { acceptedRow } from './pending-reply.js';
import { replyMessage } from './reply-message.js';

/** A heartbeat of an accepted command: another `accepted`, unless one was said a moment ago. */
export async function sayAcceptedAgain(context: LaterContext, everyMs: number): Promise<void> {
  const { tx, command, commandId, onPublished } = context;
  const owed = await owedAnswer(context);
  if (owed.kind === 'given') throw refused(commandId, owed.row.status);
  const { key, row, reply } = owed;
  const now = await tx.now();
  if (now - reply.saidAt < everyMs) return;
  await tx.settle(key, acceptedRow(row, { to: reply.to, saidAt: now }));
  const answer = { outcome: 'accepted', dataJson: 'null' } as const;
  const message = replyMessage(reply.to, answer, { participant: command.participant, now });
  await tx.publish([message], {});
  onPublished([message.id]);
}
