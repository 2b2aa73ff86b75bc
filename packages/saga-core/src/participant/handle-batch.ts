import type { AnyCommand, CommandEnvelope } from '@backstitch/messaging';
import { answersOf } from './batch-handler.js';
import { declinedAnswer, succeededAnswer } from './contract-answer.js';
import { failedAnswer } from './failed-answer.js';
import { own } from './handle-command.js';
import type { HandledCommand } from './handler.js';
import type { Participant } from './participant.js';
import { handlerOf, receivedCommand } from './received-command.js';
import type { Answer } from './reply-message.js';
import { createSayings, isDeclined } from './sayings.js';

export interface BatchCall {
  readonly trx: unknown;
  /** Told of a command that is answered `failed` before the handler sees it. */
  readonly onRefused: (command: CommandEnvelope, error: unknown) => void;
}

/**
 * Calls the batch handler for commands of one name. A payload that breaks the contract is answered by itself, before the handler sees the others.
 * What the handler throws, and an answer that breaks the contract, is thrown on: what was written for that command cannot be told from the rest.
 */
export async function handleBatch(
  participant: Participant,
  commands: readonly CommandEnvelope[],
  { trx, onRefused }: BatchCall,
): Promise<readonly Answer[]> {
  const [first] = commands;
  if (first === undefined) return [];
  const { command: contract, handleBatch: call } = handlerOf(participant, first);
  if (call === undefined) throw new Error(`'${contract.name}' has no batch handler.`);
  const read = commands.map((command) => readOne(contract, command, onRefused));
  const received = read.flatMap((each) => (each.kind === 'received' ? each.command : []));
  if (received.length === 0) return read.flatMap((each) => (each.kind === 'refused' ? each.answer : []));
  const sayings = createSayings();
  const { decline, accept } = sayings;
  const returned = await own(() => call({ trx: trx as never, commands: received, decline, accept }));
  const said = answersOf(contract.name, returned, received.length);
  if (said.includes(undefined)) sayings.refuseForgotten(contract, said);
  const answers = said.map((each): Answer => {
    if (sayings.isAccepted(each)) return { outcome: 'accepted', dataJson: 'null' };
    return isDeclined(each) ? declinedAnswer(contract, each) : succeededAnswer(contract, each);
  });
  let next = 0;
  return read.flatMap((each) => {
    if (each.kind === 'refused') return each.answer;
    next += 1;
    return answers[next - 1] ?? [];
  });
}

type Read =
  | { readonly kind: 'received'; readonly command: HandledCommand<AnyCommand> }
  | { readonly kind: 'refused'; readonly answer: Answer };

function readOne(contract: AnyCommand, command: CommandEnvelope, onRefused: BatchCall['onRefused']): Read {
  try {
    return { kind: 'received', command: receivedCommand(contract, command) };
  } catch (error) {
    onRefused(command, error);
    return { kind: 'refused', answer: failedAnswer(error) };
  }
}
