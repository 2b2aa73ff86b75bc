import type { CommandEnvelope, Direction } from '@backstitch/messaging';
import type { FenceRow } from './fence-store.js';

/** Where a command is answered to, and as what: all of the command but its body. */
export type ReplyAddress = Pick<
  CommandEnvelope,
  | 'command'
  | 'saga'
  | 'sagaId'
  | 'step'
  | 'item'
  | 'round'
  | 'direction'
  | 'commandId'
  | 'attempt'
  | 'replyToken'
  | 'installation'
  | 'replyTopic'
  | 'traceparent'
>;

/** An answer that is owed. */
export interface PendingReply {
  /** Of the last sending: its attempt is the one that the orchestrator waits for. */
  readonly to: ReplyAddress;
  /** When `accepted` was last said, in ms of the database's clock. */
  readonly saidAt: number;
}

type Pending = { readonly [D in Direction]?: PendingReply };

/** What is owed in this direction, if anything. */
export function pendingReply(row: FenceRow, direction: Direction): PendingReply | undefined {
  return pendingOf(row)[direction];
}

/** The row of a command that is answered later. A do may still be owed an answer while its undo is worked on: should that fail, it stands again. */
export function acceptedRow(row: FenceRow, { to, saidAt }: PendingReply): FenceRow {
  const pending: Pending = { ...pendingOf(row), [to.direction]: { to: addressOf(to), saidAt } };
  const status = to.direction === 'do' ? 'accepted' : 'undoing';
  return { ...row, status, pending: JSON.stringify(pending) };
}

/** The row as it was before its undo was accepted. */
export function withoutUndo(row: FenceRow): FenceRow {
  const { do: owed } = pendingOf(row);
  const { pending: _, ...rest } = row;
  if (owed === undefined) return { ...rest, status: 'succeeded' };
  return { ...rest, status: 'accepted', pending: JSON.stringify({ do: owed }) };
}

/** The row of a command that has its last answer: nothing is owed any more. */
export function settledRow(row: FenceRow, settled: Partial<Omit<FenceRow, 'pending'>>): FenceRow {
  const { pending: _, ...rest } = row;
  return { ...rest, ...settled };
}

function pendingOf({ pending }: FenceRow): Pending {
  return pending === undefined ? {} : (JSON.parse(pending) as Pending);
}

/** Of a command with its body too: what is carried back, and no more. */
export function addressOf(given: ReplyAddress): ReplyAddress {
  const { command, saga, sagaId, step, item, round, direction, commandId, attempt } = given;
  const { replyToken, installation, replyTopic, traceparent } = given;
  const identity = { command, saga, sagaId, step, item, round, direction, commandId, attempt };
  const trace = traceparent === undefined ? {} : { traceparent };
  return { ...identity, replyToken, installation, replyTopic, ...trace };
}
