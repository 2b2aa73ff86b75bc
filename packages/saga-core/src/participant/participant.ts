import type {
  AnyCommand,
  Command,
  CommandSpec,
  Contract,
  ErrorsOf,
  ReceivedOf,
  ReplyInputOf,
} from '@backstitch/messaging';
import { SagaError } from '../errors.js';

/** A business "no" that a handler returns: definite, never retried. */
export interface Declined<Code extends string = string, Detail = unknown> {
  readonly kind: 'declined';
  readonly code: Code;
  readonly detail: Detail;
}

/** What a handler returns that will be answered later: see `HandlerContext.accept`. */
export interface Accepted {
  readonly kind: 'accepted';
}

export interface HandlerContext<C, Trx> {
  /** The same transaction as the fence's row and the reply: effect and answer commit together. */
  readonly trx: Trx;
  readonly command: {
    /** The effect key: the same through all attempts. Give it to other systems as their idempotency key. */
    readonly id: string;
    readonly sagaId: string;
    readonly saga: string;
    readonly step: string;
    /** Its place in the list of an `invokeEach`, from 0; null for a step by itself. */
    readonly item: number | null;
    readonly attempt: number;
    readonly payload: ReceivedOf<C>;
  };
  decline<Code extends keyof ErrorsOf<C> & string>(
    code: Code,
    detail: ErrorsOf<C>[Code],
  ): Declined<Code, ErrorsOf<C>[Code]>;
  /**
   * `return accept()` says that the work has been taken on: what the handler wrote (a job with `command.id`) commits, and the orchestrator
   * goes on waiting. The answer is given later, from any process, by `answer(trx, command, id)` of the participant.
   */
  accept(): Accepted;
}

/**
 * Runs in the participant's own transaction, in a savepoint. A returned value is the reply; a returned `decline(…)` rolls the
 * savepoint back and answers "no"; a returned `accept()` keeps what was written and answers later; a throw rolls everything back and answers
 * "failed", and the orchestrator tries again.
 */
export type Handler<C, Trx> = (
  context: HandlerContext<C, Trx>,
) =>
  | Promise<ReplyInputOf<C> | Accepted | Declined<keyof ErrorsOf<C> & string, ErrorsOf<C>[keyof ErrorsOf<C>]>>
  | ReplyInputOf<C>
  | Accepted
  | Declined<keyof ErrorsOf<C> & string, ErrorsOf<C>[keyof ErrorsOf<C>]>;

/** One handler a command of the contract. */
export interface Participant {
  readonly name: string;
  readonly handlers: ReadonlyMap<string, { readonly command: AnyCommand; readonly handle: UntypedHandler }>;
}
export type UntypedHandler = (context: {
  readonly trx: never;
  readonly command: HandlerContext<AnyCommand, never>['command'];
  readonly decline: (code: string, detail: unknown) => Declined;
  readonly accept: () => Accepted;
}) => unknown;

export type ParticipantFunction<Trx> = <P extends string, Commands extends Record<string, CommandSpec>>(
  contract: Contract<P, Commands>,
  handlers: { readonly [K in keyof Commands & string]: Handler<Command<P, `${P}.${K}`, Commands[K]>, Trx> },
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

function bind(key: string, command: AnyCommand, handlers: object): { command: AnyCommand; handle: UntypedHandler } {
  const handle = (handlers as Readonly<Record<string, unknown>>)[key];
  if (typeof handle !== 'function') {
    throw new SagaError('PARTICIPANT_INVALID', `participant '${command.participant}' has no handler for '${key}'`, {
      fields: { participant: command.participant, command: key },
      hint: 'give a function for every command of the contract',
    });
  }
  return { command, handle: handle as UntypedHandler };
}
