import type { CommandEnvelope } from '@backstitch/messaging';
import type { ClaimedRow, NewOutboxRow } from '@backstitch/outbox';
import { type AtFence, atFence, fenceKeyOf, refuseAncient, settledBy } from './at-fence.js';
import { type BatchGroup, batchGroups, fencePlace } from './batch-groups.js';
import { failedAnswer } from './failed-answer.js';
import type { FenceKey, FenceRow, FenceTransaction } from './fence-store.js';
import { handleBatch } from './handle-batch.js';
import { HandlerFailure } from './handle-command.js';
import { logFailed, type ProcessCommandOptions } from './process-command.js';
import { type Answer, replyMessage } from './reply-message.js';

/** A deadlock with another batch is tried again with all of them, this often. */
const maxConflicts = 3;

/**
 * Many commands in one transaction: their fence rows, all the handlers' writes and all the replies commit together. Answers whether they were
 * handled; where not, nothing is left of them and they are to be handled one by one, so that none fails for its neighbours. Trouble with the
 * database is thrown: the broker delivers again.
 */
export async function processBatch<Trx>(
  options: ProcessCommandOptions<Trx>,
  commands: readonly CommandEnvelope[],
): Promise<'handled' | 'apart'> {
  const { store, logger, participant } = options;
  for (let conflicts = 0; ; conflicts += 1) {
    try {
      options.publish(await store.transaction((tx) => runBatch(options, commands, tx)));
      return 'handled';
    } catch (error) {
      const failure = error instanceof HandlerFailure ? 'other' : store.classify(error);
      if (failure === 'infrastructure') throw error;
      if (failure === 'conflict' && conflicts < maxConflicts) continue;
      const err = error instanceof HandlerFailure ? error.thrown : error;
      const about = { participant: participant.name, commands: commands.length, err };
      logger.warn(about, 'a batch of commands failed; they are handled one by one');
      return 'apart';
    }
  }
}

interface Fence {
  readonly key: FenceKey;
  row: FenceRow;
  isChanged: boolean;
}

async function runBatch<Trx>(
  options: ProcessCommandOptions<Trx>,
  commands: readonly CommandEnvelope[],
  tx: FenceTransaction<Trx>,
): Promise<readonly ClaimedRow[]> {
  const fences = await claimed(commands, tx);
  // Of copies the last is answered: it is the attempt that is waited for.
  const replies = new Map<string, NewOutboxRow>();
  for (const group of batchGroups(commands)) {
    const answers = await answerGroup(options, group, { tx, fences });
    const about = { participant: options.participant.name, now: await tx.now() };
    group.forEach((command, place) => {
      const reply = replyMessage(command, answers[place] ?? missing(), about);
      replies.delete(reply.id);
      replies.set(reply.id, reply);
    });
  }
  const settled = [...fences.values()].filter(({ isChanged }) => isChanged);
  return tx.record({ settled, replies: [...replies.values()] }, options);
}

async function claimed(
  commands: readonly CommandEnvelope[],
  tx: FenceTransaction<unknown>,
): Promise<ReadonlyMap<string, Fence>> {
  const keys = new Map(commands.map((command) => [fencePlace(command), fenceKeyOf(command)]));
  const rows = await tx.claimAll([...keys.values()]);
  return new Map(
    [...keys].map(([place, key], at) => [place, { key, row: rows[at] ?? missing(), isChanged: false }] as const),
  );
}

interface Batch<Trx> {
  readonly tx: FenceTransaction<Trx>;
  readonly fences: ReadonlyMap<string, Fence>;
}

/** Lets the fence answer what it can, and the handler the rest. The rows in memory are then as they will be in the table. */
async function answerGroup<Trx>(
  options: ProcessCommandOptions<Trx>,
  group: BatchGroup,
  { tx, fences }: Batch<Trx>,
): Promise<readonly Answer[]> {
  const answers = new Map<CommandEnvelope, Answer>();
  const settle = (command: CommandEnvelope, row: FenceRow | undefined): void => {
    const fence = fences.get(fencePlace(command));
    if (fence === undefined || row === undefined) return;
    fence.row = row;
    fence.isChanged = true;
  };
  const now = await tx.now();
  const running: CommandEnvelope[] = [];
  for (const command of group) {
    const found = meet(options, command, { row: fences.get(fencePlace(command))?.row ?? missing(), now });
    if (found.kind === 'run') running.push(command);
    else {
      answers.set(command, found.answer);
      settle(command, found.settled);
    }
  }
  const said = await handleBatch(options.participant, running, {
    trx: tx.trx,
    onRefused: (command, error) => logFailed(options, command, error),
  });
  const then = await tx.now();
  running.forEach((command, place) => {
    const answer = said[place] ?? missing();
    answers.set(command, answer);
    const row = fences.get(fencePlace(command))?.row ?? missing();
    settle(command, settledBy(row, command, { answer, now: then }));
  });
  return group.map((command) => answers.get(command) ?? missing());
}

function meet<Trx>(
  options: ProcessCommandOptions<Trx>,
  command: CommandEnvelope,
  { row, now }: { readonly row: FenceRow; readonly now: number },
): AtFence {
  try {
    refuseAncient(command, now, options.fenceRetentionMs);
    return atFence(row, command, now);
  } catch (error) {
    logFailed(options, command, error);
    return { kind: 'answered', answer: failedAnswer(error) };
  }
}

function missing(): never {
  throw new Error('A command of the batch has no fence row or no answer.');
}
