import type { CommandEnvelope } from '@backstitch/messaging';
import { isSocketError } from '../exchange/is-socket-error.js';
import { declinedAnswer, succeededAnswer } from './contract-answer.js';
import type { Declined } from './handler.js';
import type { Participant } from './participant.js';
import { handlerOf, receivedCommand } from './received-command.js';
import type { Answer } from './reply-message.js';
import { createSayings, isDeclined } from './sayings.js';
import { thrownMessage } from '../thrown-message.js';

/** Carries a decline out of its transaction, so that what the handler wrote is undone. The answer has been held against the contract. */
export class RolledBack extends Error {
  override readonly name = 'RolledBack';
  readonly answer: Answer;
  constructor(answer: Answer) {
    super('declined');
    this.answer = answer;
  }
}

/** The handler's own trouble with something else than this database. Not as a `cause`: that would read as trouble with the database. */
export class HandlerFailure extends Error {
  readonly thrown: unknown;
  constructor(thrown: unknown) {
    super(thrownMessage(thrown));
    this.thrown = thrown;
  }
}

/**
 * Calls the handler. A returned value succeeds, a returned `accept()` keeps what the handler wrote and answers later, a returned `decline(…)` is thrown as `RolledBack`.
 * Whatever the handler throws, and whatever breaks the contract, is thrown on: then nothing of the transaction is kept.
 */
export async function handleCommand(participant: Participant, command: CommandEnvelope, trx: unknown): Promise<Answer> {
  const { command: contract, handle } = handlerOf(participant, command);
  const received = receivedCommand(contract, command);
  const sayings = createSayings();
  const { decline, accept } = sayings;
  const returned = await own(() => handle({ trx: trx as never, command: received, decline, accept }));
  if (sayings.isAccepted(returned)) return { outcome: 'accepted', dataJson: 'null' };
  if (isDeclined(returned)) throw new RolledBack(declinedAnswer(contract, returned as Declined));
  if (returned === undefined) sayings.refuseForgotten(contract, []);
  return succeededAnswer(contract, returned);
}

/** The author's code: its socket errors are not the database's. */
export async function own<T>(run: () => T): Promise<Awaited<T>> {
  try {
    return await run();
  } catch (error) {
    throw isSocketError(error) ? new HandlerFailure(error) : error;
  }
}
