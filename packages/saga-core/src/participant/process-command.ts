import type { CommandEnvelope, Logger } from '@backstitch/messaging';
import type { ClaimedRow } from '@backstitch/outbox';
import { SagaError } from '../errors.js';
import { tombstoneCommand } from '../machine/effect.js';
import { decideFence } from './decide-fence.js';
import type { FenceKey, FenceRow, FenceStore, FenceTransaction } from './fence-store.js';
import { HandlerFailure, handleCommand } from './handle-command.js';
import { acceptedRow, settledRow } from './pending-reply.js';
import { rowAfter } from './row-after.js';
import type { Participant } from './participant.js';
import { type Answer, replyMessage } from './reply-message.js';
import { thrownCode } from '../thrown-code.js';
import { thrownMessage } from '../thrown-message.js';

export interface ProcessCommandOptions<Trx> {
  readonly participant: Participant;
  readonly store: FenceStore<Trx>;
  readonly fenceRetentionMs: number;
  readonly bornLeaseMs: number;
  readonly publish: (rows: readonly ClaimedRow[]) => void;
  readonly logger: Logger;
}

/** A deadlock or a serialisation failure is nobody's fault and is tried again at once, this often. */
const maxConflicts = 10;

/**
 * One command in one transaction: fence, the handler's writes and the reply commit together. A handler that throws leaves nothing behind, and is
 * answered `failed` from a new transaction without a fence row, so that the next attempt runs again. Trouble with the database is thrown: the
 * broker delivers again.
 */
export async function processCommand<Trx>(
  options: ProcessCommandOptions<Trx>,
  command: CommandEnvelope,
): Promise<void> {
  const { store, logger, participant } = options;
  for (let conflicts = 0; ; conflicts += 1) {
    try {
      return options.publish(await store.transaction((tx) => run(options, command, tx)));
    } catch (error) {
      const failure = error instanceof HandlerFailure ? 'other' : store.classify(error);
      if (failure === 'infrastructure' || (failure === 'conflict' && conflicts >= maxConflicts)) throw error;
      if (failure === 'conflict') continue;
      const { commandId, sagaId, attempt } = command;
      logger.warn(
        {
          participant: participant.name,
          command: command.command,
          commandId,
          sagaId,
          attempt,
          err: error instanceof HandlerFailure ? error.thrown : error,
        },
        'command failed',
      );
      const answer: Answer = { outcome: 'failed', ...describe(error), dataJson: 'null' };
      return options.publish(await store.transaction((tx) => reply(options, command, { answer, tx })));
    }
  }
}

async function run<Trx>(
  options: ProcessCommandOptions<Trx>,
  command: CommandEnvelope,
  tx: FenceTransaction<Trx>,
): Promise<readonly ClaimedRow[]> {
  const key: FenceKey = { sagaId: command.sagaId, step: command.step, item: command.item ?? -1, round: command.round };
  const row = await tx.claim(key);
  // Behind the claim, which tells the time by the way; what is refused here takes the claim back with it.
  refuseAncient(command, await tx.now(), options.fenceRetentionMs);
  const answer = await answerTo(options, { command, tx, key, row });
  return reply(options, command, { answer, tx });
}

interface Claimed<Trx> {
  readonly command: CommandEnvelope;
  readonly tx: FenceTransaction<Trx>;
  readonly key: FenceKey;
  readonly row: FenceRow;
}

async function answerTo<Trx>(
  { participant }: ProcessCommandOptions<Trx>,
  { command, tx, key, row }: Claimed<Trx>,
): Promise<Answer> {
  const { direction } = command;
  const decision = decideFence(row, command);
  switch (decision.kind) {
    case 'answer':
      return storedAnswer(decision.outcome, decision.replyJson);
    case 'accepted':
      // Whoever answers it later answers this attempt: the one before is not waited for any more.
      await tx.settle(key, acceptedRow(row, { to: command, saidAt: await tx.now() }));
      return { outcome: 'accepted', dataJson: 'null' };
    case 'refuse':
      return {
        outcome: 'failed',
        code: 'FENCED',
        message: 'this step was undone before: it must not take effect any more',
        dataJson: 'null',
      };
    case 'close':
      await tx.settle(key, settledRow(row, { status: 'tombstone', undoReply: 'null' }));
      return { outcome: 'succeeded', dataJson: 'null' };
    case 'run': {
      // A step with nothing to undo whose outcome nobody knew: closing the round is all there is to do.
      const closesOnly = command.command === tombstoneCommand;
      const answer: Answer = closesOnly
        ? { outcome: 'succeeded', dataJson: 'null' }
        : await handleCommand(participant, command, tx);
      const now = await tx.now();
      const settled =
        answer.outcome === 'accepted'
          ? acceptedRow(row, { to: command, saidAt: now })
          : rowAfter(row, direction, answer);
      if (settled !== undefined) await tx.settle(key, settled);
      return answer;
    }
    default:
      return decision satisfies never;
  }
}

function storedAnswer(outcome: 'succeeded' | 'declined', replyJson: string): Answer {
  if (outcome === 'succeeded') return { outcome, dataJson: replyJson };
  const { code, detail } = JSON.parse(replyJson) as { code: string; detail: string };
  return { outcome, code, message: code, dataJson: detail };
}

async function reply<Trx>(
  { participant, bornLeaseMs }: ProcessCommandOptions<Trx>,
  command: CommandEnvelope,
  { answer, tx }: { readonly answer: Answer; readonly tx: FenceTransaction<Trx> },
): Promise<readonly ClaimedRow[]> {
  const row = replyMessage(command, answer, { participant: participant.name, now: await tx.now() });
  return tx.publish([row], { bornLeaseMs });
}

/** Beyond its retention the fence may have forgotten this command, and would run it a second time. */
function refuseAncient({ firstSentAt, commandId }: CommandEnvelope, now: number, retentionMs: number): void {
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

function describe(error: unknown): { readonly code: string; readonly message: string } {
  return { code: thrownCode(error, 'HANDLER_FAILED'), message: thrownMessage(error) };
}
