import type { AnyCommand, Command, CommandSpec, Contract } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { type BatchHandler, oneAtATime, type UntypedHandleBatch } from './batch-handler.js';
import type { Handler, UntypedHandler } from './handler.js';

/** One handler a command of the contract. */
export interface Participant {
  readonly name: string;
  readonly handlers: ReadonlyMap<string, BoundHandler>;
}

export interface BoundHandler {
  readonly command: AnyCommand;
  readonly handle: UntypedHandler;
  /** Where the author opted in. `handle` is then a batch of one. */
  readonly handleBatch?: UntypedHandleBatch;
}
export type ParticipantFunction<Trx> = <P extends string, Commands extends Record<string, CommandSpec>>(
  contract: Contract<P, Commands>,
  handlers: {
    readonly [K in keyof Commands & string]:
      | Handler<Command<P, `${P}.${K}`, Commands[K]>, Trx>
      | BatchHandler<Command<P, `${P}.${K}`, Commands[K]>, Trx>;
  },
) => Participant;

/** `participant` for a transaction type: `participantOn<PoolClient>()`. `@backstitch/saga-core/knex` exports the one for knex. */
export function participantOn<Trx>(): ParticipantFunction<Trx> {
  return (contract, handlers) => {
    const commands = Object.entries(contract) as [string, AnyCommand][];
    const name = commands[0]?.[1].participant;
    if (name === undefined) {
      throw new SagaError('PARTICIPANT_INVALID', 'the contract has no commands', {
        hint: 'pass the result of contract(…)',
      });
    }
    for (const key of Object.keys(handlers)) {
      if (!Object.hasOwn(contract, key)) {
        throw new SagaError(
          'PARTICIPANT_INVALID',
          `participant '${name}' handles '${key}', which its contract does not have`,
          {
            fields: { participant: name, command: key },
            hint: 'remove the handler, or add the command to the contract',
          },
        );
      }
    }
    return Object.freeze({
      name,
      handlers: new Map(commands.map(([key, command]) => [command.name, bind(key, command, handlers)])),
    });
  };
}

function bind(key: string, command: AnyCommand, handlers: object): BoundHandler {
  const given = (handlers as Readonly<Record<string, unknown>>)[key];
  if (typeof given === 'function') return { command, handle: given as UntypedHandler };
  if (isBatchHandler(given)) {
    // Called on its object: an author's class may need its `this`.
    const handleBatch: UntypedHandleBatch = (context) => given.handleBatch(context);
    return { command, handle: oneAtATime(command.name, handleBatch), handleBatch };
  }
  throw new SagaError('PARTICIPANT_INVALID', `participant '${command.participant}' has no handler for '${key}'`, {
    fields: { participant: command.participant, command: key },
    hint: 'give a function, or an object with handleBatch, for every command of the contract',
  });
}

function isBatchHandler(given: unknown): given is { handleBatch: UntypedHandleBatch } {
  return typeof (given as { handleBatch?: unknown } | null | undefined)?.handleBatch === 'function';
}
