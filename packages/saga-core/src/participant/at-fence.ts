import type { CommandEnvelope } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { tombstoneCommand } from '../machine/effect.js';
import { decideFence } from './decide-fence.js';
import type { FenceKey, FenceRow } from './fence-store.js';
import { acceptedRow, settledRow } from './pending-reply.js';
import type { Answer } from './reply-message.js';
import { rowAfter } from './row-after.js';

/** Where a command meets its fence. */
export type AtFence =
  /** Its handler is to be called. */
  | { readonly kind: 'run' }
  /** The fence answers. `settled`: its row changes with that. */
  | { readonly kind: 'answered'; readonly answer: Answer; readonly settled?: FenceRow };

export function fenceKeyOf({ sagaId, step, item, round }: CommandEnvelope): FenceKey {
  return { sagaId, step, item: item ?? -1, round };
}

/** Pure. `now`: of the database's clock. */
export function atFence(row: FenceRow, command: CommandEnvelope, now: number): AtFence {
  const decision = decideFence(row, command);
  switch (decision.kind) {
    case 'answer':
      return { kind: 'answered', answer: storedAnswer(decision.outcome, decision.replyJson) };
    case 'accepted':
      // Whoever answers it later answers this attempt: the one before is not waited for any more.
      return {
        ...{ kind: 'answered', answer: { outcome: 'accepted', dataJson: 'null' } },
        settled: acceptedRow(row, { to: command, saidAt: now }),
      };
    case 'refuse':
      return { kind: 'answered', answer: fenced };
    case 'close':
      return {
        ...{ kind: 'answered', answer: nothing },
        settled: settledRow(row, { status: 'tombstone', undoReply: 'null' }),
      };
    case 'run': {
      // A step with nothing to undo whose outcome nobody knew: closing the round is all there is to do.
      if (command.command !== tombstoneCommand) return decision;
      const settled = rowAfter(row, command.direction, nothing);
      return { kind: 'answered', answer: nothing, ...(settled === undefined ? {} : { settled }) };
    }
    default:
      return decision satisfies never;
  }
}

/** What the fence remembers of a handler's answer. Pure. */
export function settledBy(
  row: FenceRow,
  command: CommandEnvelope,
  { answer, now }: { readonly answer: Answer; readonly now: number },
): FenceRow | undefined {
  if (answer.outcome === 'accepted') return acceptedRow(row, { to: command, saidAt: now });
  return rowAfter(row, command.direction, answer);
}

/** Throws `COMMAND_TOO_OLD`: beyond its retention the fence may have forgotten this command, and would run it a second time. */
export function refuseAncient({ firstSentAt, commandId }: CommandEnvelope, now: number, retentionMs: number): void {
  const ageMs = now - Date.parse(firstSentAt);
  if (ageMs <= retentionMs) return;
  throw new SagaError(
    'COMMAND_TOO_OLD',
    `command ${commandId} was first sent ${ageMs} ms ago, and the fence remembers ${retentionMs} ms`,
    {
      fields: { commandId, ageMs, retentionMs },
      hint: 'raise fenceRetentionMs in the contract, or undo the saga by hand',
    },
  );
}

const nothing: Answer = { outcome: 'succeeded', dataJson: 'null' };

const fenced: Answer = {
  outcome: 'failed',
  code: 'FENCED',
  message: 'this step was undone before: it must not take effect any more',
  dataJson: 'null',
};

function storedAnswer(outcome: 'succeeded' | 'declined', replyJson: string): Answer {
  if (outcome === 'succeeded') return { outcome, dataJson: replyJson };
  const { code, detail } = JSON.parse(replyJson) as { code: string; detail: string };
  return { outcome, code, message: code, dataJson: detail };
}
