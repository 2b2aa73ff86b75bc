import type {
  EachStepDefinition,
  InvokeStepDefinition,
  SagaDefinition,
  StepDefinition,
} from '../definition/step-definition.js';
import type { Direction } from '../machine/saga-input.js';

/**
 * What may become of a step. Of doing it: `succeeded`, `declined` (definite, without effect), `unknown`, `timed out` (a signal stayed away),
 * `skipped` (its `when` answered no). Of undoing it: `after success`, `after unknown`.
 */
export type CoverageOutcome =
  | 'succeeded'
  | 'declined'
  | 'unknown'
  | 'timed out'
  | 'skipped'
  | 'after success'
  | 'after unknown';

/** One way through one step. */
export interface CoverageEdge {
  readonly step: string;
  readonly direction: Direction;
  readonly outcome: CoverageOutcome;
}

/**
 * Every edge that a saga's instances can take without an operator's verb but `cancel`. What cannot happen is left out, so that full coverage
 * can be reached: a command whose contract declares no refusal is not declined, and what is done last is never undone.
 */
export function coverageEdges(definition: SagaDefinition): readonly CoverageEdge[] {
  return [...definition.steps.values()].flatMap((step) => {
    const { name } = step;
    return [
      ...forwardOutcomes(step).map((outcome) => ({ step: name, direction: 'do', outcome }) as const),
      ...undoOutcomes(definition, step).map((outcome) => ({ step: name, direction: 'undo', outcome }) as const),
    ];
  });
}

function forwardOutcomes(step: StepDefinition): readonly CoverageOutcome[] {
  const skipped = step.when === null ? [] : (['skipped'] as const);
  return ['succeeded', ...failures(step), ...skipped];
}

/** After the pivot a failure parks: that is for an operator, and no edge of the definition's. */
function failures(step: StepDefinition): readonly CoverageOutcome[] {
  switch (step.kind) {
    case 'sleep':
      return [];
    case 'wait':
      return step.timeoutMs === null ? [] : ['timed out'];
    case 'local':
      return step.phase === 'retriable' ? [] : ['declined'];
    case 'call':
      return step.phase === 'compensatable' ? ['declined', 'unknown'] : [];
    // Told to turn back while it is under way it is unknown until it has.
    case 'child':
      return step.phase === 'compensatable' ? ['declined', 'unknown'] : [];
    case 'each':
    case 'invoke':
      if (step.phase === 'retriable') return [];
      return [
        ...(declares(step) ? ['declined' as const] : []),
        ...(step.phase === 'pivot' ? [] : ['unknown' as const]),
      ];
    default:
      return step satisfies never;
  }
}

function declares({ command }: InvokeStepDefinition | EachStepDefinition): boolean {
  return Object.keys((command.spec as { readonly errors?: object }).errors ?? {}).length > 0;
}

/** With nothing to undo an unknown command is still fenced, and a call is not. */
function undoOutcomes(definition: SagaDefinition, step: StepDefinition): readonly CoverageOutcome[] {
  if (step.phase !== 'compensatable' || step.kind === 'sleep' || step.kind === 'wait') return [];
  const isRemote = step.kind === 'invoke' || step.kind === 'each';
  const isUndone = step.compensate !== null || step.kind === 'child';
  const unknown = isRemote || step.kind === 'child' || (step.kind === 'call' && step.compensate !== null);
  return [
    ...(isUndone && mayTurnBackAfter(definition, step) ? ['after success' as const] : []),
    ...(unknown ? ['after unknown' as const] : []),
  ];
}

/** Whether something beside it or after it can turn the saga back when it has succeeded; of a list another of its items. */
function mayTurnBackAfter({ steps }: SagaDefinition, { name, stage }: StepDefinition): boolean {
  return [...steps.values()].some(
    (step) => step.stage >= stage && (step.name !== name || step.kind === 'each') && mayTurnBack(step),
  );
}

function mayTurnBack(step: StepDefinition): boolean {
  if (step.phase === 'retriable') return false;
  // A pivot under way is not cancelled, and not given up: only a refusal turns the saga back there.
  if (step.phase === 'pivot') return step.kind !== 'invoke' || declares(step);
  return true;
}
