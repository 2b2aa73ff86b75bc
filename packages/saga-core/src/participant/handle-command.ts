import { type AnyCommand, type CommandEnvelope, validate } from '@backstitch/messaging';
import { isSocketError } from '../exchange/is-socket-error.js';
import { SagaError } from '../errors.js';
import { contractBroken, declinedAnswer, succeededAnswer } from './contract-answer.js';
import type { FenceTransaction } from './fence-store.js';
import type { Accepted, Declined, Participant, UntypedHandler } from './participant.js';
import type { Answer } from './reply-message.js';
import { thrownMessage } from '../thrown-message.js';

/** Carries a decline out of its savepoint, so that what the handler wrote is undone. */
class RolledBack extends Error {
  readonly declined: Declined;
  constructor(declined: Declined) {
    super('declined');
    this.declined = declined;
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
 * Calls the handler in a savepoint: a returned value succeeds, a returned `decline(…)` undoes what the handler wrote and says no, a returned
 * `accept()` keeps it and answers later. Whatever it throws, and whatever breaks the contract, is thrown on: then nothing of the transaction is kept.
 */
export async function handleCommand<Trx>(
  participant: Participant,
  command: CommandEnvelope,
  tx: FenceTransaction<Trx>,
): Promise<Answer> {
  const { command: contract, handle } = handlerOf(participant, command);
  const payload = receive(contract, command);
  try {
    return await tx.savepoint(async () => {
      const said: (Declined | Accepted)[] = [];
      // One object for each call of the handler, told apart by identity: a reply's body may well look like it.
      const accepted: Accepted = { kind: 'accepted' };
      const accept = (): Accepted => {
        said.push(accepted);
        return accepted;
      };
      const decline = (code: string, detail: unknown): Declined => {
        const declined: Declined = { kind: 'declined', code, detail };
        said.push(declined);
        return declined;
      };
      const returned = await handle({ trx: tx.trx as never, command: { ...facts(command), payload }, decline, accept });
      if (returned === accepted) return { outcome: 'accepted', dataJson: 'null' };
      if (isDeclined(returned)) throw new RolledBack(returned);
      if (returned === undefined) refuseForgotten(contract, said);
      return succeededAnswer(contract, returned);
    });
  } catch (error) {
    if (error instanceof RolledBack) return declinedAnswer(contract, error.declined);
    throw isSocketError(error) ? new HandlerFailure(error) : error;
  }
}

function handlerOf(
  participant: Participant,
  { command }: CommandEnvelope,
): { command: AnyCommand; handle: UntypedHandler } {
  const found = participant.handlers.get(command);
  if (found !== undefined) return found;
  throw new SagaError('COMMAND_INVALID', `participant '${participant.name}' has no command '${command}'`, {
    fields: { participant: participant.name, command, known: [...participant.handlers.keys()] },
    hint: 'deploy a participant whose contract has this command before the orchestrator that sends it',
  });
}

function receive(contract: AnyCommand, command: CommandEnvelope): unknown {
  const checked = validate(contract.spec.request, command.data);
  if (checked.kind === 'valid') return checked.value;
  throw contractBroken(`the request of '${contract.name}'`, checked.violations);
}

/** `decline(…)` alone declines nothing, nor does `accept()` accept: what was meant as "no" or as "later" would be answered as done. */
function refuseForgotten(contract: AnyCommand, [forgotten]: readonly (Declined | Accepted)[]): void {
  if (forgotten === undefined) return;
  const [called, code] =
    forgotten.kind === 'accepted' ? ['accept()'] : [`decline('${forgotten.code}')`, forgotten.code];
  throw new SagaError('HANDLER_FAILED', `the handler of '${contract.name}' called ${called} and returned nothing`, {
    fields: { command: contract.name, ...(code === undefined ? {} : { code }) },
    hint: `write 'return ${code === undefined ? 'accept()' : 'decline(…)'}'`,
  });
}

function isDeclined(value: unknown): value is Declined {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'declined' &&
    'code' in value &&
    'detail' in value
  );
}

function facts({ commandId, sagaId, saga, step, item, attempt }: CommandEnvelope) {
  return { id: commandId, sagaId, saga, step, item, attempt };
}
