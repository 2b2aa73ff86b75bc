import { foundText, type AnyCommand, type ErrorsOf, type ReplyInputOf } from '@backstitch/messaging';
import type { Relay } from '@backstitch/outbox';
import { SagaError } from '../errors.js';
import { answerLater, type GivenAnswer } from './answer-later.js';
import { declinedAnswer, succeededAnswer } from './contract-answer.js';
import type { FenceStore, FenceTransaction } from './fence-store.js';
import { sayAcceptedAgain } from './say-accepted-again.js';
import { failureCode } from '../thrown-code.js';

/** Answers commands that were accepted, from any process of the participant's that reaches its database. */
export interface Answers<Trx> {
  /**
   * The answer to an accepted command, in the caller's own transaction: it is given if and only if that commits. Ask for it first in the
   * transaction, before your own rows: an undo locks in that order, too.
   *
   * Its methods throw `FENCED` where the command was undone meanwhile (let the transaction roll back and drop the work), and
   * `ANSWER_REFUSED` where it was never accepted, has failed, or was answered otherwise.
   */
  answer<C extends AnyCommand>(trx: Trx, command: C, commandId: string): LaterAnswer<C>;
  /**
   * Says in a transaction of its own that the work goes on. At most one message a command and `heartbeatEveryMs` leaves, however often it is
   * called. Throws as `answer` does: then stop working.
   */
  heartbeat(command: AnyCommand, commandId: string): Promise<void>;
}

export interface LaterAnswer<C extends AnyCommand> {
  /** `repeated`: the same was answered before, and nothing is written. */
  succeed(output: ReplyInputOf<C>): Promise<GivenAnswer>;
  /** A business "no". What the work wrote is the caller's to take back, in this transaction. */
  decline<Code extends keyof ErrorsOf<C> & string>(code: Code, detail: ErrorsOf<C>[Code]): Promise<GivenAnswer>;
  /** A technical failure: nothing is remembered, and the orchestrator's next attempt calls the handler again. */
  fail(why: { readonly code?: string; readonly message: string }): Promise<void>;
  /** Says with this transaction that the work goes on. */
  heartbeat(): Promise<void>;
}

export interface AnswersOptions<Trx> {
  readonly store: FenceStore<Trx>;
  /** Told of replies once their transaction has ended. Absent: a relay that runs elsewhere finds them at its next look. */
  readonly relay?: Pick<Relay, 'hint'>;
  /** The least time between two heartbeats of a command that are sent, by the database's clock. Default 1000. */
  readonly heartbeatEveryMs?: number;
}

export function createAnswers<Trx>(options: AnswersOptions<Trx>): Answers<Trx> {
  const { store, relay, heartbeatEveryMs = 1_000 } = options;
  if (!Number.isInteger(heartbeatEveryMs) || heartbeatEveryMs < 0) {
    throw new SagaError('OPTION_INVALID', `heartbeatEveryMs is ${foundText(heartbeatEveryMs)}`, {
      fields: { field: 'heartbeatEveryMs', value: heartbeatEveryMs },
      hint: 'give whole milliseconds',
    });
  }
  const about = (tx: FenceTransaction<Trx>, command: AnyCommand, commandId: string) => ({
    ...{ tx, command, commandId },
    onPublished: (ids: readonly string[]) => tx.afterEnd(() => relay?.hint(ids)),
  });
  return {
    answer(trx, command, commandId) {
      const on = about(store.within(trx), command, commandId);
      return {
        succeed: async (output) => answerLater(on, succeededAnswer(command, output)),
        decline: async (code, detail) => answerLater(on, declinedAnswer(command, { kind: 'declined', code, detail })),
        async fail({ code = 'HANDLER_FAILED', message }) {
          const known = failureCode.test(code) ? code : 'HANDLER_FAILED';
          await answerLater(on, { outcome: 'failed', code: known, message, dataJson: 'null' });
        },
        heartbeat: () => sayAcceptedAgain(on, heartbeatEveryMs),
      };
    },
    heartbeat: (command, commandId) =>
      store.transaction((tx) => sayAcceptedAgain(about(tx, command, commandId), heartbeatEveryMs)),
  };
}
