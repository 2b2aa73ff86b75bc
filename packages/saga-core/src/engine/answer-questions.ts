import { encodeJson } from '@backstitch/messaging';
import type { AuthorUndoContext, LocalStepDefinition } from '../definition/step-definition.js';
import { authorContext } from '../machine/author.js';
import { copyJson } from '../machine/copy-json.js';
import { isTerminal, stepStateOf } from '../machine/instance.js';
import type { Direction, LocalOutcome, SagaInput } from '../machine/saga-input.js';
import { commandRowId, type Sender } from './command-message.js';
import { isSocketError } from '../exchange/is-socket-error.js';
import { applyInput, type Leg, type Question } from './leg.js';
import type { SagaTransaction } from './saga-store.js';
import { outcomeOfThrown } from './thrown-outcome.js';
import { withMore } from '../machine/with-more.js';
import type { StoreFailure } from '../exchange/store-failure.js';

/** A child's row is locked meanwhile, and its parent may have something to tell it: it rather tries again. */
const childPatienceMs = 50;

export interface AnswerContext<Trx> {
  readonly tx: SagaTransaction<Trx>;
  readonly sender: Sender;
  readonly classify: (error: unknown) => StoreFailure;
  /** What the author threw, before it is turned into an outcome: a start hands it on to its caller. */
  readonly onThrown?: (step: string, error: unknown) => void;
}

/**
 * Answers a leg's questions until it has none: runs local functions in savepoints of the leg's own transaction, takes unsent commands back,
 * and feeds what came of it to the machine. Consecutive local steps so share one transaction.
 */
export async function answerQuestions<Trx>(leg: Leg, context: AnswerContext<Trx>): Promise<void> {
  for (let question = leg.questions.shift(); question !== undefined; question = leg.questions.shift()) {
    const input = await answer(leg, question, context);
    if (input === undefined) continue;
    applyInput(leg, input, { now: await context.tx.now(), sender: context.sender });
  }
}

async function answer<Trx>(leg: Leg, question: Question, context: AnswerContext<Trx>) {
  switch (question.kind) {
    case 'withdrawCommands':
      return takeBack(leg, question.commandIds, (rows) => context.tx.withdraw(rows));
    case 'takeLocks': {
      const { keys, whenHeld } = question;
      const request = { sagaId: leg.instance.id, keys, whenHeld, patienceMs: childPatienceMs };
      return { kind: 'locksTaken', answer: await context.tx.enqueueLocks(request) } as const;
    }
    case 'checkLocks':
      return { kind: 'locksChecked', answer: await context.tx.checkLocks(leg.instance.id) } as const;
    case 'runLocal': {
      const { step, direction } = question;
      if (!isWanted(leg, step, direction)) return undefined;
      const outcome = await runLocal(leg, question, context);
      return { kind: 'localFinished', step, direction, outcome } as const;
    }
    default:
      return question satisfies never;
  }
}

/** Takes commands back; `withdraw` says which outbox rows could be. */
export async function takeBack(
  leg: Leg,
  asked: readonly string[],
  withdraw: (rows: readonly string[]) => Promise<readonly string[]>,
): Promise<SagaInput & { readonly kind: 'withdrawn' }> {
  const rows = new Map(asked.map((id) => [commandRowId(leg.instance.id, id), id]));
  // Commands that this very leg would have written need not be asked of the table.
  const unwritten = [...rows.keys()].filter((row) => leg.messages.delete(row));
  const taken = await withdraw([...rows.keys()]);
  return {
    kind: 'withdrawn',
    commandIds: [...new Set([...unwritten, ...taken])].flatMap((row) => rows.get(row) ?? []),
  };
}

/** A sibling's failure may have ended what was asked a moment ago. */
export function isWanted({ instance }: Leg, step: string, direction: Direction): boolean {
  const { state } = instance;
  if (isTerminal(state.status) || state.parked !== undefined) return false;
  return stepStateOf(state, step).status === (direction === 'do' ? 'dispatched' : 'compensating');
}

async function runLocal<Trx>(
  leg: Leg,
  { step, direction }: Question & { readonly kind: 'runLocal' },
  { tx, classify, onThrown }: AnswerContext<Trx>,
): Promise<LocalOutcome> {
  const definition = leg.definition.steps.get(step) as LocalStepDefinition;
  try {
    return await tx.savepoint(async () => {
      const context = localContext(leg, step, tx.trx as never);
      const output = direction === 'do' ? await definition.run(context) : await definition.compensate?.(context);
      if (output === undefined || direction === 'undo') return { kind: 'succeeded' };
      encodeJson(output, { what: `output of step '${step}'` });
      return { kind: 'succeeded', output };
    });
  } catch (error) {
    // Trouble with the database is not the author's: the whole leg is tried again.
    const failure = isSocketError(error) ? 'other' : classify(error);
    if (failure === 'infrastructure' || failure === 'conflict') throw error;
    onThrown?.(step, error);
    return outcomeOfThrown(error);
  }
}

function localContext(
  { definition, instance }: Leg,
  step: string,
  trx: never,
): AuthorUndoContext & { readonly trx: never } {
  const { state, bodies } = instance;
  const failure = state.failure ?? { step: '', code: '', message: '' };
  return withMore(authorContext(definition, instance), { failure, output: copyJson(bodies[step]?.output), trx });
}
