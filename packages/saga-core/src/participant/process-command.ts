import type { CommandEnvelope, Logger } from '@backstitch/messaging';
import type { ClaimedRow } from '@backstitch/outbox';
import { atFence, fenceKeyOf, refuseAncient, settledBy } from './at-fence.js';
import { failedAnswer } from './failed-answer.js';
import type { FenceRow, FenceStore, FenceTransaction } from './fence-store.js';
import { HandlerFailure, handleCommand, RolledBack } from './handle-command.js';
import type { Participant } from './participant.js';
import { type Answer, replyMessage } from './reply-message.js';

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
 *
 * A decline rolls back and is recorded by a second transaction. A savepoint would do it in one, at the price of two statements and a subtransaction
 * for each command that is not declined, which are nearly all. Whoever came in between has settled it: then that counts.
 */
export async function processCommand<Trx>(
  options: ProcessCommandOptions<Trx>,
  command: CommandEnvelope,
): Promise<void> {
  const { store } = options;
  let declined: Answer | undefined;
  for (let conflicts = 0; ; ) {
    try {
      return options.publish(await store.transaction((tx) => run(options, command, { tx, declined })));
    } catch (error) {
      if (error instanceof RolledBack) {
        declined = error.answer;
        continue;
      }
      const failure = error instanceof HandlerFailure ? 'other' : store.classify(error);
      if (failure === 'infrastructure' || (failure === 'conflict' && conflicts >= maxConflicts)) throw error;
      conflicts += 1;
      if (failure === 'conflict') continue;
      logFailed(options, command, error);
      return options.publish(
        await store.transaction((tx) => record(options, command, { answer: failedAnswer(error), tx })),
      );
    }
  }
}

async function run<Trx>(
  options: ProcessCommandOptions<Trx>,
  command: CommandEnvelope,
  { tx, declined }: { readonly tx: FenceTransaction<Trx>; readonly declined: Answer | undefined },
): Promise<readonly ClaimedRow[]> {
  const row = await tx.claim(fenceKeyOf(command));
  // Behind the claim, which tells the time by the way.
  const now = await tx.now();
  refuseAncient(command, now, options.fenceRetentionMs);
  const found = atFence(row, command, now);
  if (found.kind === 'answered') return record(options, command, { tx, ...found });
  const answer = declined ?? (await handleCommand(options.participant, command, tx.trx));
  const settled = settledBy(row, command, { answer, now: await tx.now() });
  return record(options, command, { tx, answer, settled });
}

interface Recording {
  readonly tx: FenceTransaction<unknown>;
  readonly answer: Answer;
  readonly settled?: FenceRow | undefined;
}

async function record<Trx>(
  { participant, bornLeaseMs }: ProcessCommandOptions<Trx>,
  command: CommandEnvelope,
  { tx, answer, settled }: Recording,
): Promise<readonly ClaimedRow[]> {
  const reply = replyMessage(command, answer, { participant: participant.name, now: await tx.now() });
  const rows = settled === undefined ? [] : [{ key: fenceKeyOf(command), row: settled }];
  return tx.record({ settled: rows, replies: [reply] }, { bornLeaseMs });
}

export function logFailed<Trx>(
  { logger, participant }: ProcessCommandOptions<Trx>,
  { command, commandId, sagaId, attempt }: CommandEnvelope,
  error: unknown,
): void {
  const err = error instanceof HandlerFailure ? error.thrown : error;
  logger.warn({ participant: participant.name, command, commandId, sagaId, attempt, err }, 'command failed');
}
