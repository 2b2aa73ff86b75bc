import { foundText } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import type { StepStatus } from '../machine/instance.js';
import { type ChangeClass, changeClasses, type Concern, type DefinitionChange } from './definition-change.js';

/** How many instances live on a definition, and where they stand. */
export interface Population {
  /** Instances that are not terminal. */
  readonly live: number;
  /** Of those, by step and its status. Steps that nobody has reached may be left out. */
  readonly steps: readonly StepCount[];
}
export interface StepCount {
  readonly step: string;
  readonly status: StepStatus;
  readonly count: number;
}

export interface PopulationFinding {
  readonly change: DefinitionChange;
  /** Live instances that it concerns. An instance may stand at several of the steps, so that counts only bound it. */
  readonly atLeast: number;
  readonly atMost: number;
}

export interface PopulationVerdict {
  /** The worst class among changes that concern somebody: `safe` where none does. */
  readonly class: ChangeClass;
  readonly live: number;
  readonly findings: readonly PopulationFinding[];
}

/**
 * Which changes concern instances that live now: a step that was removed hurts only those that have reached it. `safe` means that nobody would
 * be hurt at the moment of counting; under the same version that still needs a definition with the same hash.
 *
 * @throws SagaError OPTION_INVALID where a count is no whole number, or above the number that live.
 */
export function checkAgainstPopulation(
  changes: readonly DefinitionChange[],
  population: Population,
): PopulationVerdict {
  checkCount('live', population.live, Number.MAX_SAFE_INTEGER);
  for (const { step, status, count } of population.steps) checkCount(`steps.${step}.${status}`, count, population.live);
  const findings = changes.map((change) => ({ change, ...concerned(change.concerns, population) }));
  const worst = findings
    .filter(({ atMost }) => atMost > 0)
    .reduce((rank, { change }) => Math.max(rank, changeClasses.indexOf(change.class)), 0);
  return { class: changeClasses[worst] ?? 'unsafe', live: population.live, findings };
}

function concerned(
  concerns: 'all' | readonly Concern[],
  { live, steps }: Population,
): { readonly atLeast: number; readonly atMost: number } {
  if (concerns === 'all') return { atLeast: live, atMost: live };
  // One instance has one status at a step: within a step the counts add up.
  const byStep = concerns.map(({ step, statuses }) =>
    steps
      .filter((each) => each.step === step && statuses.includes(each.status))
      .reduce((sum, each) => sum + each.count, 0),
  );
  const sum = byStep.reduce((total, each) => total + each, 0);
  return { atLeast: Math.min(live, Math.max(0, ...byStep)), atMost: Math.min(live, sum) };
}

function checkCount(field: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new SagaError('OPTION_INVALID', `the population's ${field} is ${foundText(value)}`, {
    fields: { field, value },
    hint: `give a whole number from 0${most === Number.MAX_SAFE_INTEGER ? '' : `, at most the ${most} that live`}`,
  });
}
