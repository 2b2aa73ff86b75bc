import type { AnyCommand, ErrorsOf, ReceivedOf, ReplyInputOf } from '@backstitch/messaging';

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

/** A command as a handler sees it. */
export interface HandledCommand<C> {
  /** The effect key: the same through all attempts. Give it to other systems as their idempotency key. */
  readonly id: string;
  readonly sagaId: string;
  readonly saga: string;
  readonly step: string;
  /** Its place in the list of an `invokeEach`, from 0; null for a step by itself. */
  readonly item: number | null;
  readonly attempt: number;
  readonly payload: ReceivedOf<C>;
}

export interface HandlerContext<C, Trx> {
  /** The same transaction as the fence's row and the reply: effect and answer commit together. */
  readonly trx: Trx;
  readonly command: HandledCommand<C>;
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

/** The reply's body, a `decline(…)` or an `accept()`. */
export type HandlerAnswer<C> =
  | ReplyInputOf<C>
  | Accepted
  | Declined<keyof ErrorsOf<C> & string, ErrorsOf<C>[keyof ErrorsOf<C>]>;

/**
 * Runs in the participant's own transaction. A returned value is the reply; a returned `decline(…)` rolls back what the handler wrote
 * and answers "no"; a returned `accept()` keeps what was written and answers later; a throw rolls everything back and answers
 * "failed", and the orchestrator tries again.
 */
export type Handler<C, Trx> = (context: HandlerContext<C, Trx>) => Promise<HandlerAnswer<C>> | HandlerAnswer<C>;

export type UntypedHandler = (context: {
  readonly trx: never;
  readonly command: HandledCommand<AnyCommand>;
  readonly decline: (code: string, detail: unknown) => Declined;
  readonly accept: () => Accepted;
}) => unknown;
