import type { AnyCommand, ErrorsOf, ReplyInputOf } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import type { Accepted, Declined, HandledCommand, HandlerAnswer, UntypedHandler } from './handler.js';

export interface BatchHandlerContext<C, Trx> {
  /** One transaction for all of the commands, their fence rows and their replies: they commit together or not at all. */
  readonly trx: Trx;
  /** At least one, in the order of their arrival, of as many sagas as there are. No two of them are copies of one another. */
  readonly commands: readonly HandledCommand<C>[];
  /** Put it in the command's place of the answer. Nothing is rolled back for it: write only for the commands that you do not decline. */
  decline<Code extends keyof ErrorsOf<C> & string>(
    code: Code,
    detail: ErrorsOf<C>[Code],
  ): Declined<Code, ErrorsOf<C>[Code]>;
  /** Put it in the command's place of the answer: taken on, and answered later. Call it once for each. */
  accept(): Accepted;
}

/** One answer a command, in their order. A command without a reply in its contract may leave the whole array out. */
export type BatchAnswer<C> =
  void extends ReplyInputOf<C> ? readonly HandlerAnswer<C>[] | void : readonly HandlerAnswer<C>[];

/**
 * Handles many commands in one transaction. Opt-in: with it the author's code shares a transaction with other sagas' commands, so that what it
 * throws, and what a deferred constraint says at the commit, undoes all of them. They are then handled again one at a time, each as a batch
 * of its own, so that none fails for its neighbours.
 */
export interface BatchHandler<C, Trx> {
  handleBatch(context: BatchHandlerContext<C, Trx>): Promise<BatchAnswer<C>> | BatchAnswer<C>;
}

export interface UntypedBatchContext {
  readonly trx: never;
  readonly commands: readonly HandledCommand<AnyCommand>[];
  readonly decline: (code: string, detail: unknown) => Declined;
  readonly accept: () => Accepted;
}
export type UntypedHandleBatch = (context: UntypedBatchContext) => unknown;

/** The handler of one command that a batch handler is, too. */
export function oneAtATime(name: string, handleBatch: UntypedHandleBatch): UntypedHandler {
  return async ({ command, ...context }) =>
    answersOf(name, await handleBatch({ ...context, commands: [command] }), 1)[0];
}

/** Throws `HANDLER_FAILED` where there is not one answer a command: whose they are could only be guessed. */
export function answersOf(name: string, returned: unknown, count: number): readonly unknown[] {
  if (returned === undefined) return Array.from({ length: count }, () => undefined);
  if (Array.isArray(returned) && returned.length === count) return returned as readonly unknown[];
  const found = Array.isArray(returned) ? `${returned.length} answers` : `${typeof returned}`;
  throw new SagaError('HANDLER_FAILED', `handleBatch of '${name}' returned ${found} for ${count} commands`, {
    fields: { command: name, commands: count },
    hint: 'return an array with one answer a command, in the order of the commands',
  });
}
