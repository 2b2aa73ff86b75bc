import type { StepDefinition } from '../definition/step-definition.js';
import { isTerminal, stepStateOf } from '../machine/instance.js';
import type { Resolution, SagaInput } from '../machine/saga-input.js';
import { unitsOf } from '../machine/unit.js';
import { arrow, type Move } from './explore-move.js';
import { type ExplorePlan, type ExploreVerb, outputOf } from './explore-plan.js';
import { faulty, inputMoves } from './explore-publish.js';
import { isTruthful } from './explore-truth.js';
import type { World } from './explore-world.js';

/** What an operator may say now. Each is a fault, but `resume`: somebody who has paused it goes on in the end. */
export function verbMoves(plan: ExplorePlan, world: World): readonly Move[] {
  return plan.verbs.flatMap((verb) => {
    switch (verb) {
      case 'skip':
        return skipMoves(plan, world);
      case 'resolve':
        return resolveMoves(plan, world);
      case 'cancel':
      case 'pause':
      case 'resume':
      case 'retry': {
        if (!isWorthSaying(world, verb)) return [];
        const input: SagaInput = { kind: verb, ...operator };
        return say(plan, verb === 'resume' ? world : faulty(world), { input, text: verb });
      }
      default:
        return verb satisfies never;
    }
  });
}

const operator = { actor: 'operator', reason: 'explored' } as const;

function say(
  plan: ExplorePlan,
  world: World,
  { input, text }: { readonly input: SagaInput; readonly text: string },
): readonly Move[] {
  return inputMoves(plan, world, { input, heading: [arrow('operator', plan.definition.name, text)] });
}

/** Verbs that are refused wherever they are said change nothing; a test of the decision table holds that. */
function isWorthSaying({ instance: { state } }: World, verb: Exclude<ExploreVerb, 'skip' | 'resolve'>): boolean {
  switch (verb) {
    case 'cancel':
    case 'pause':
      return state.pausedAt === undefined || verb === 'cancel';
    case 'resume':
      return state.pausedAt !== undefined;
    case 'retry':
      return state.parked !== undefined;
    default:
      return verb satisfies never;
  }
}

/** A list is a group: it can be skipped before it has begun. */
function stepsAndItems({ definition }: ExplorePlan, { instance: { bodies } }: World): readonly StepDefinition[] {
  const lists = [...definition.steps.values()].filter(({ kind }) => kind === 'each');
  return [...lists, ...unitsOf(definition, bodies)];
}

/** Those that the machine refuses lead nowhere new. */
function heeded(moves: readonly Move[]): readonly Move[] {
  return moves.filter(({ applied }) => applied[0]?.moved.kind !== 'refused');
}

function skipMoves(plan: ExplorePlan, world: World): readonly Move[] {
  const { state } = world.instance;
  if (isTerminal(state.status)) return [];
  return stepsAndItems(plan, world)
    .filter((step) => isWorthSkipping(plan, world, step))
    .flatMap(({ name }) => {
      const output = outputOf(plan, name);
      const input: SagaInput = { kind: 'skip', step: name, ...operator, ...(output === undefined ? {} : { output }) };
      // Sent before, it may have taken effect or not: it is the operator's word that it need not.
      const wasSent = stepStateOf(state, name).status === 'dispatched';
      const said = wasSent ? { ...world, waived: [...world.waived, name] } : world;
      return heeded(say(plan, faulty(said), { input, text: `skip ${name}` }));
    });
}

/**
 * A step that has not begun is skipped when it is next, or parked for: to have skipped it earlier comes to the same, because nothing looks at
 * it before. One that has begun can be skipped only where the instance is parked.
 */
function isWorthSkipping({ definition }: ExplorePlan, world: World, { name, stage }: StepDefinition): boolean {
  const { state } = world.instance;
  const statusOf = (step: string) => stepStateOf(state, step).status;
  switch (statusOf(name)) {
    case 'succeeded':
    case 'skipped':
    case 'compensated':
      return false;
    case 'pending': {
      const reached = [...definition.steps.values()].filter((step) => statusOf(step.name) !== 'pending');
      return stage <= Math.max(-1, ...reached.map((step) => step.stage)) + 1;
    }
    default:
      return state.parked !== undefined;
  }
}

function resolveMoves(plan: ExplorePlan, world: World): readonly Move[] {
  const { state } = world.instance;
  if (state.parked === undefined) return [];
  return stepsAndItems(plan, world).flatMap((step) => {
    const { status } = stepStateOf(state, step.name);
    if (status === 'pending' || status === 'succeeded' || status === 'skipped' || status === 'compensated') return [];
    return resolutionsOf(plan, step)
      .filter((outcome) => plan.resolutions === 'any' || isTruthful(plan, world, { step, outcome }))
      .flatMap((outcome) => {
        const input: SagaInput = { kind: 'resolve', step: step.name, outcome, ...operator };
        return heeded(say(plan, faulty(world), { input, text: `resolve ${step.name} as ${outcome.kind}` }));
      });
  });
}

function resolutionsOf(plan: ExplorePlan, { name }: StepDefinition): readonly Resolution[] {
  const output = outputOf(plan, name);
  return [
    { kind: 'succeeded', ...(output === undefined ? {} : { output }) },
    { kind: 'declined', code: 'RESOLVED', message: 'somebody looked' },
    { kind: 'compensated' },
  ];
}
