import type { SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import type { Direction, LocalOutcome } from '../machine/saga-input.js';
import { splitKey } from '../machine/unit.js';
import type { Bound, EndlessWait } from './course.js';
import type { Mishap, Scenario } from './scenario.js';

/**
 * How fast the world is: it answers at once, or as late as the definition lets it (every attempt but the last is lost, and the last one is
 * answered at its deadline).
 */
export type Pacing = 'prompt' | 'latest';

export interface RehearsalQuestion {
  readonly definition: SagaDefinition;
  readonly scenario: Scenario;
  readonly pacing: Pacing;
  /** Steps that are done at once whatever the pacing is. */
  readonly early: ReadonlySet<string>;
}

/** What becomes of one attempt, and the wait without an end that it stands for. */
export type RehearsalAnswer = {
  readonly endless?: EndlessWait;
} & (
  | { readonly kind: 'silence' }
  | { readonly kind: 'answer'; readonly at: 'once' | 'deadline'; readonly outcome: LocalOutcome }
);

/** Decides one attempt, without doing anything. */
export function rehearsalAnswer(
  question: RehearsalQuestion,
  step: StepDefinition,
  { direction, attempt }: { readonly direction: Direction; readonly attempt: number },
): RehearsalAnswer {
  const { definition, scenario, early } = question;
  const { step: name } = splitKey(step.name);
  const pacing = direction === 'do' && early.has(name) ? 'prompt' : question.pacing;
  const mishap = mishapOf(scenario, name, direction);
  const { attempts } = direction === 'do' ? step.retry : step.undoRetry;
  const failed: RehearsalAnswer =
    mishap === 'timeout' ? { kind: 'silence' } : { kind: 'answer', at: 'once', outcome: failure };
  const never = mishap === 'timeout' || mishap === 'unknown';
  if (attempts === null && !endsWithSaga(definition, step, direction)) {
    const endless = { step: name, direction, because: 'retried for ever', until: boundOf(step) } as const;
    if (never) return { ...failed, endless };
    if (pacing === 'prompt') return { kind: 'answer', at: 'once', outcome: outcomeOf(mishap) };
    return { kind: 'answer', at: 'deadline', outcome: outcomeOf(mishap), endless };
  }
  if (pacing === 'prompt') return never ? failed : { kind: 'answer', at: 'once', outcome: outcomeOf(mishap) };
  if (mishap === 'unknown') return { kind: 'answer', at: 'deadline', outcome: failure };
  if (never || attempts === null || attempt < attempts) return { kind: 'silence' };
  return { kind: 'answer', at: 'deadline', outcome: outcomeOf(mishap) };
}

/** When a signal comes, in milliseconds from now. */
export type SignalAnswer =
  | { readonly kind: 'never' }
  | { readonly kind: 'signal'; readonly at: 'once' | 'deadline'; readonly endless?: EndlessWait };

export function rehearsalSignal(
  { definition, scenario, pacing }: RehearsalQuestion,
  step: StepDefinition & { readonly kind: 'wait' },
): SignalAnswer {
  if (mishapOf(scenario, step.name, 'do') === 'timeout') return { kind: 'never' };
  if (pacing === 'prompt') return { kind: 'signal', at: 'once' };
  if (step.timeoutMs !== null) return { kind: 'signal', at: 'deadline' };
  if (endsWithSaga(definition, step, 'do')) return { kind: 'never' };
  const until = { kind: 'operator' } as const;
  return {
    kind: 'signal',
    at: 'once',
    endless: { step: step.name, direction: 'do', because: 'waits for ever', until },
  };
}

/** Before the pivot the saga's own timeout ends every wait: it turns back. */
function endsWithSaga({ timeoutMs }: SagaDefinition, { phase }: StepDefinition, direction: Direction): boolean {
  return direction === 'do' && phase === 'compensatable' && timeoutMs !== null;
}

function boundOf(step: StepDefinition): Bound {
  return step.kind === 'invoke' ? { kind: 'fence retention', ms: step.command.fenceRetentionMs } : { kind: 'operator' };
}

function mishapOf({ fail = {}, failUndo = {} }: Scenario, step: string, direction: Direction): Mishap | undefined {
  const said = direction === 'do' ? fail : failUndo;
  return Object.hasOwn(said, step) ? said[step] : undefined;
}

const failure: LocalOutcome = { kind: 'failed', code: 'REHEARSED', message: 'a technical error' };

function outcomeOf(mishap: Mishap | undefined): LocalOutcome {
  return mishap === undefined
    ? { kind: 'succeeded' }
    : { kind: 'declined', code: 'STEP_DECLINED', message: 'a business refusal' };
}
