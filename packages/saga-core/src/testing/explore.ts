import { foundText, validate } from '@backstitch/messaging';
import type { StepDefinition } from '../definition/step-definition.js';
import type { Saga } from '../definition/step-list.js';
import { SagaError } from '../errors.js';
import { machineInvariants } from './explore-machine-invariants.js';
import {
  type Decline,
  type ExploredResolutions,
  type ExploredParts,
  type ExplorePlan,
  type ExploreVerb,
  exploreVerbs,
  realParts,
} from './explore-plan.js';
import { withFewerAttempts } from './explore-retries.js';
import { type Found, search } from './explore-search.js';
import { summaryOf } from './explore-summary.js';
import { authorInvariant, type ExploreInvariant } from './explore-view.js';
import { worldInvariants } from './explore-world-invariants.js';

export interface ExploreOptions<Input, Steps, Output> {
  /** Every instance starts with this. Explore once an input where `when` or the payload functions tell inputs apart. */
  readonly input: Input;
  /** What a step answers where it succeeds, as later steps read it; for a `waitFor` the signal's body. */
  readonly outputs?: { readonly [K in keyof Steps]?: Steps[K] };
  /** How a step says "no". Default: the first error that its command declares; a step without one does not decline. */
  readonly declines?: { readonly [K in keyof Steps]?: Decline };
  /** Remote steps whose participant may accept a command and answer it later. Each makes for many more states. Default: none. */
  readonly accepts?: readonly (keyof Steps & string)[];
  /** What an operator may say. Each is a fault, but `resume`. Default: all six. */
  readonly verbs?: readonly ExploreVerb[];
  /** Whether `resolve` says only what is true at the participant. Default `truthful`: an operator who lies is believed. */
  readonly resolutions?: ExploredResolutions;
  /** Retry policies are cut to so many attempts, those that never give up apart: each takes a fault. Default 2. */
  readonly maxAttempts?: number;
  /** How many things may go wrong in one history. Default 2. */
  readonly maxFaults?: number;
  /** Default 200,000. */
  readonly maxStates?: number;
  /** Moves in one history. Default 1,000. */
  readonly maxDepth?: number;
  readonly invariants?: readonly ExploreInvariant<Input, Steps, Output>[];
}

export interface ExploreReport extends Found {
  /** For people: what was seen, what cut it, what it proves and what not, and the diagram of a violation. */
  readonly summary: string;
}

/**
 * Runs the real machine and the real rules of the fence over every order of events: success, decline, failure, lost, late, repeated and
 * overtaking messages, time running out, processes that die before and after their commit, a broker that refuses, operators. Stops at the
 * first violation, which has a shortest history. In the manner of TLC and of FoundationDB's simulation.
 *
 * It proves the orchestration, within its bounds. It runs no handler, no local function and no SQL of yours.
 *
 * @throws SagaError INPUT_INVALID where the saga's schema refuses the input, OPTION_INVALID naming an option.
 */
export function explore<Input, Steps, Output>(
  saga: Saga<Input, Steps, Output>,
  options: ExploreOptions<Input, Steps, Output>,
): ExploreReport {
  return exploreWith(saga, options, realParts);
}

/** The same over parts that may be wrong. */
export function exploreWith<Input, Steps, Output>(
  saga: Saga<Input, Steps, Output>,
  options: ExploreOptions<Input, Steps, Output>,
  parts: ExploredParts,
): ExploreReport {
  const { maxFaults = 2, maxAttempts = 2, maxStates = 200_000, maxDepth = 1_000 } = options;
  const { verbs = exploreVerbs, resolutions = 'truthful', invariants = [] } = options;
  requireWhole('maxFaults', maxFaults, 0);
  for (const [field, value] of Object.entries({ maxAttempts, maxStates, maxDepth })) requireWhole(field, value, 1);
  for (const verb of verbs) {
    if (!exploreVerbs.includes(verb)) throw invalid('verbs', verb, `give some of ${exploreVerbs.join(', ')}`);
  }
  const plan: ExplorePlan = {
    definition: withFewerAttempts(saga, maxAttempts),
    input: checkedInput(saga, options.input),
    outputs: checkedSteps<unknown>(saga, 'outputs', options.outputs),
    declines: checkedSteps(saga, 'declines', options.declines as Readonly<Record<string, Decline>> | undefined),
    accepts: checkedRemotes(saga, options.accepts ?? []),
    verbs,
    resolutions,
    maxFaults,
    parts,
  };
  for (const step of saga.steps.values()) requireOutput(plan, step);
  const found = search(plan, {
    maxStates,
    maxDepth,
    ofMoves: machineInvariants,
    ofWorlds: [...worldInvariants, ...invariants.map((each) => authorInvariant(each as ExploreInvariant))],
  });
  return { ...found, summary: summaryOf(plan, found) };
}

function checkedInput(saga: Saga, input: unknown): unknown {
  const checked = validate(saga.input, input);
  if (checked.kind === 'valid') return checked.value;
  throw new SagaError('INPUT_INVALID', `the input to explore saga '${saga.name}' with does not fit its schema`, {
    fields: { saga: saga.name, violations: checked.violations },
  });
}

/** On a null prototype: steps may be called `constructor`. */
function checkedSteps<T>(
  saga: Saga,
  field: string,
  said: Readonly<Record<string, T>> | undefined,
): Readonly<Record<string, T>> {
  for (const name of Object.keys(said ?? {})) {
    if (!saga.steps.has(name))
      throw invalid(field, name, `name steps of '${saga.name}': ${[...saga.steps.keys()].join(', ')}`);
  }
  return Object.assign(Object.create(null) as Record<string, T>, said);
}

function checkedRemotes(saga: Saga, names: readonly string[]): ReadonlySet<string> {
  for (const name of names) {
    const kind = saga.steps.get(name)?.kind;
    if (kind !== 'invoke' && kind !== 'each') throw invalid('accepts', name, `name remote steps of '${saga.name}'`);
  }
  return new Set(names);
}

/** A reply that the contract describes has to be given: what later steps make of it is part of what is explored. */
function requireOutput({ outputs }: ExplorePlan, step: StepDefinition): void {
  const isRemote = step.kind === 'invoke' || step.kind === 'each';
  const isNeeded = isRemote ? step.command.spec.reply !== undefined : step.kind === 'wait';
  if (isNeeded && !Object.hasOwn(outputs, step.name))
    throw invalid('outputs', undefined, `say what step '${step.name}' answers: outputs: { ${step.name}: … }`);
}

function requireWhole(field: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) throw invalid(field, value, `give a whole number from ${least}`);
}

function invalid(field: string, value: unknown, hint: string): SagaError {
  return new SagaError('OPTION_INVALID', `explore's ${field} has ${foundText(value)}`, {
    fields: { field, value },
    hint,
  });
}
