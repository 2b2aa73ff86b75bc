import { foundText, type AnyCommand, parseCommandId } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import type { FenceKey, FenceRow, FenceTransaction } from './fence-store.js';
import { type PendingReply, pendingReply } from './pending-reply.js';
import type { Answer } from './reply-message.js';

/** Which accepted command is meant, and where its fence is. */
export interface LaterContext {
  readonly tx: FenceTransaction<unknown>;
  readonly command: AnyCommand;
  readonly commandId: string;
  /** Told the ids of the outbox rows that were written. */
  readonly onPublished: (ids: readonly string[]) => void;
}

export type OwedAnswer =
  | { readonly kind: 'owed'; readonly key: FenceKey; readonly row: FenceRow; readonly reply: PendingReply }
  /** It was answered, and this is what the fence's row says of it. */
  | { readonly kind: 'given'; readonly direction: 'do' | 'undo'; readonly row: FenceRow };

/** Locks the fence's row of a command that was accepted. Throws `FENCED` where it was undone, `ANSWER_REFUSED` where nothing is owed, `COMMAND_INVALID`. */
export async function owedAnswer({ tx, command, commandId }: LaterContext): Promise<OwedAnswer> {
  const identity = parseCommandId(commandId);
  if (identity === undefined)
    throw mistaken(commandId, 'is no command id', 'give the `command.id` that the handler saw');
  const { sagaId, step, item, round, direction } = identity;
  const key: FenceKey = { sagaId, step, item: item ?? -1, round };
  const row = await tx.find(key);
  if (row === undefined) throw refused(commandId, 'fresh');
  const isUndone = row.status === 'tombstone' || row.status === 'undone' || row.status === 'undoing';
  if (direction === 'do' && isUndone) throw fenced(commandId, row);
  const reply = row.status === (direction === 'do' ? 'accepted' : 'undoing') ? pendingReply(row, direction) : undefined;
  if (reply === undefined) {
    const isGiven = direction === 'do' ? row.status !== 'fresh' : row.status === 'undone';
    if (isGiven) return { kind: 'given', direction, row };
    throw refused(commandId, row.status);
  }
  if (reply.to.command === command.name) return { kind: 'owed', key, row, reply };
  throw mistaken(
    commandId,
    `is a '${reply.to.command}', not a '${command.name}'`,
    'name the command that was accepted',
  );
}

/** Nothing is owed to this command, or something else was answered. */
export function refused(commandId: string, status: string, answer?: Answer): SagaError {
  const why = status === 'fresh' ? 'was never accepted, has failed since, or is forgotten' : `is ${status}`;
  const said = answer === undefined ? 'it cannot be answered' : `it cannot be answered as ${answer.outcome}`;
  return new SagaError('ANSWER_REFUSED', `command ${commandId} ${why}: ${said}`, {
    fields: { commandId, status, ...(answer === undefined ? {} : { outcome: answer.outcome }) },
    hint: 'let the transaction roll back: what this command came to has been said, or will be by its next attempt',
  });
}

function fenced(commandId: string, { status }: FenceRow): SagaError {
  return new SagaError('FENCED', `command ${commandId} was undone: it must not take effect any more`, {
    fields: { commandId, status },
    hint: 'let the transaction roll back, and drop the work',
  });
}

function mistaken(commandId: string, what: string, hint: string): SagaError {
  return new SagaError('COMMAND_INVALID', `${foundText(commandId)} ${what}`, { fields: { commandId }, hint });
}
