import { type AnyCommand, type CommandEnvelope, encodeJson, validate } from '@backstitch/messaging';
import { isSocketError } from '../exchange/is-socket-error.js';
import { SagaError } from '../errors.js';
import type { FenceTransaction } from './fence-store.js';
import type { Declined, Participant, UntypedHandler } from './participant.js';
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
 * Calls the handler in a savepoint: a returned value succeeds, a returned `decline(…)` undoes what the handler wrote and says no. Whatever it
 * throws, and whatever breaks the contract, is thrown on: then nothing of the transaction is kept.
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
      const said: Declined[] = [];
      const decline = (code: string, detail: unknown): Declined => {
        const declined: Declined = { kind: 'declined', code, detail };
        said.push(declined);
        return declined;
      };
      const returned = await handle({ trx: tx.trx as never, command: { ...facts(command), payload }, decline });
      if (isDeclined(returned)) throw new RolledBack(returned);
      if (returned === undefined) refuseForgotten(contract, said);
      return { outcome: 'succeeded', dataJson: replyJson(contract, returned) };
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
  throw broken(`the request of '${contract.name}'`, checked.violations);
}

function replyJson(contract: AnyCommand, returned: unknown): string {
  const schema = contract.spec.reply;
  if (schema === undefined) return 'null';
  const checked = validate(schema, returned);
  if (checked.kind === 'invalid') throw broken(`what the handler of '${contract.name}' returned`, checked.violations);
  // What was returned is sent as it is: the orchestrator reads it by the same schema, and a transform must not be applied twice.
  return encodeJson(returned, { what: `reply of '${contract.name}'` });
}

function declinedAnswer(contract: AnyCommand, { code, detail }: Declined): Answer {
  const schema = contract.spec.errors?.[code];
  if (schema === undefined) {
    throw new SagaError('CONTRACT_BROKEN', `'${contract.name}' does not declare the refusal '${code}'`, {
      fields: { command: contract.name, code, declared: Object.keys(contract.spec.errors ?? {}) },
      hint: "declare it under 'errors' in the contract",
    });
  }
  const checked = validate(schema, detail);
  if (checked.kind === 'invalid')
    throw broken(`the detail of '${contract.name}' declining with '${code}'`, checked.violations);
  const dataJson = detail === undefined ? 'null' : encodeJson(detail, { what: `detail of '${contract.name}' ${code}` });
  return { outcome: 'declined', code, message: code, dataJson };
}

function broken(what: string, violations: readonly { readonly path: string; readonly message: string }[]): SagaError {
  const said = violations.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
  return new SagaError('CONTRACT_BROKEN', `${what} breaks its contract: ${said}`, {
    fields: { violations },
    hint: 'make both sides use the same contract',
  });
}

/** `decline(…)` alone declines nothing: what was meant as a "no" would be answered as done. */
function refuseForgotten(contract: AnyCommand, [forgotten]: readonly Declined[]): void {
  if (forgotten === undefined) return;
  const { code } = forgotten;
  throw new SagaError(
    'HANDLER_FAILED',
    `the handler of '${contract.name}' called decline('${code}') and returned nothing`,
    {
      fields: { command: contract.name, code },
      hint: "write 'return decline(…)'",
    },
  );
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
