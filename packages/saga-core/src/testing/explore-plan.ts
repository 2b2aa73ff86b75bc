import type {
  EachStepDefinition,
  InvokeStepDefinition,
  SagaDefinition,
  StepDefinition,
} from '../definition/step-definition.js';
import type { SendCommand } from '../machine/effect.js';
import { splitKey } from '../machine/unit.js';
import { transition } from '../machine/transition.js';
import { decideFence } from '../participant/decide-fence.js';

/** What is explored, with types erased and options checked. */
export interface ExplorePlan {
  readonly definition: SagaDefinition;
  readonly input: unknown;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly declines: Readonly<Record<string, Decline>>;
  /** Remote steps whose participant may answer later. */
  readonly accepts: ReadonlySet<string>;
  readonly verbs: readonly ExploreVerb[];
  readonly resolutions: ExploredResolutions;
  readonly maxFaults: number;
  readonly parts: ExploredParts;
}

export const exploreVerbs = ['cancel', 'pause', 'resume', 'retry', 'skip', 'resolve'] as const;
export type ExploreVerb = (typeof exploreVerbs)[number];

/** What an operator says by `resolve`: only what is true at the participant, or anything that the machine would believe. */
export type ExploredResolutions = 'truthful' | 'any';

/** A business "no" of a step. */
export interface Decline {
  readonly code: string;
  readonly detail?: unknown;
}

/** What is under test. A mutant replaces one of them; a check of a saga takes the real ones. */
export interface ExploredParts {
  readonly transition: typeof transition;
  readonly decideFence: typeof decideFence;
  /** Which commands leave although the leg that sent them was not saved: a rival had saved first, or the process died. */
  readonly sentByLostLeg: (sends: readonly SendCommand[]) => readonly SendCommand[];
}

export const realParts: ExploredParts = { transition, decideFence, sentByLostLeg: () => [] };

/** What a step answers; an item what the list's output holds in its place, or else in the first. */
export function outputOf({ outputs }: ExplorePlan, key: string): unknown {
  const { step, item } = splitKey(key);
  if (item === null) return outputs[step];
  const list = outputs[step];
  return Array.isArray(list) ? ((list[item] ?? list[0]) as unknown) : undefined;
}

/** How a step says "no", or nothing where its contract declares no refusal. A function of the author's own may always throw one. */
export function declineOf(plan: ExplorePlan, step: StepDefinition): Decline | undefined {
  const said = plan.declines[step.name];
  if (said !== undefined) return said;
  if (step.kind !== 'invoke' && step.kind !== 'each') return { code: 'DECLINED' };
  return firstError(step.command);
}

/** An undo may be refused only where its command declares that. */
export function undoDeclineOf(step: InvokeStepDefinition | EachStepDefinition): Decline | undefined {
  return step.compensate === null ? undefined : firstError(step.compensate.command);
}

function firstError(command: InvokeStepDefinition['command']): Decline | undefined {
  const [code] = Object.keys(command.spec.errors ?? {});
  return code === undefined ? undefined : { code };
}
