import type { SendCommand } from '../machine/effect.js';
import type { Direction, ReplyOutcome } from '../machine/saga-input.js';
import type { FenceRow } from '../participant/fence-store.js';
import { acceptedRow, pendingReply, settledRow, withoutUndo } from '../participant/pending-reply.js';

/** The row of an accepted command, by the participant's own rules. Who is to be answered does not matter here, only for which attempt. */
export function acceptedIn(
  row: FenceRow,
  { command, step, round, direction, commandId, attempt }: SendCommand,
): FenceRow {
  const nobody = { saga: '', sagaId: '', item: null, replyToken: '', installation: '', replyTopic: '' };
  return acceptedRow(row, { to: { ...nobody, command, step, round, direction, commandId, attempt }, saidAt: 0 });
}

/** For which attempt an answer is owed; nothing where the command was undone or has been answered. */
export function owedAttempt(row: FenceRow, direction: Direction): number | undefined {
  if (row.status !== (direction === 'do' ? 'accepted' : 'undoing')) return undefined;
  return pendingReply(row, direction)?.to.attempt;
}

/** The row after the owed answer; `undefined` where it is removed. */
export function answeredIn(row: FenceRow, direction: Direction, outcome: ReplyOutcome): FenceRow | undefined {
  if (direction === 'do') return outcome.kind === 'failed' ? undefined : afterDo(row, outcome);
  return isDone(outcome) ? afterUndo(row, outcome) : withoutUndo(row);
}

/** A failed attempt leaves nothing behind: its transaction rolled back, so that the next one runs again. */
export function afterDo(row: FenceRow, outcome: ReplyOutcome): FenceRow {
  if (outcome.kind === 'failed') return row;
  const status = outcome.kind === 'declined' ? 'declined' : 'succeeded';
  return settledRow(row, { status, doReply: JSON.stringify(outcome) });
}

export function afterUndo(row: FenceRow, outcome: ReplyOutcome): FenceRow {
  return isDone(outcome) ? settledRow(row, { status: 'undone', undoReply: JSON.stringify(outcome) }) : row;
}

function isDone({ kind }: ReplyOutcome): boolean {
  return kind === 'succeeded' || kind === 'contractBroken';
}
