import type { StepDefinition } from '../definition/step-definition.js';
import { nameThere, type SagaMigration } from './define-migration.js';
import { openDraft } from './draft.js';
import { isTerminal, type SagaInstance, type StepStatus, stepStateOf } from './instance.js';
import { pivotPosition } from './proceed.js';
import { sentAs } from './sent-as.js';
import { type Obstacle, refused, stepObstacle } from './step-obstacle.js';
import { splitKey } from './unit.js';

/** How the steps of one instance stand in the version that it is to be moved to. */
export interface Carried {
  readonly obstacle?: Obstacle;
  /** Steps there that the instance has passed without having been at them: they are left out. In the order of the list. */
  readonly passed: readonly StepDefinition[];
  readonly sentAs: Readonly<Record<string, string>>;
  readonly retired: readonly string[];
}

/** Looks at nothing but statuses: none of the author's functions is called. */
export function carrySteps(migration: SagaMigration, instance: SagaInstance): Carried {
  const there = statusesThere(migration, instance);
  const passed = passedSteps(migration, instance, there);
  const names = namesThere(migration, instance);
  const obstacle =
    pinObstacle(migration, instance) ??
    eachStepObstacle(migration, instance) ??
    orderObstacle(migration, instance) ??
    placeObstacle(migration, passed) ??
    nameObstacle(migration, { ...names, there });
  return { ...(obstacle === undefined ? {} : { obstacle }), passed, ...names };
}

function pinObstacle({ from }: SagaMigration, { saga, version, hash, state }: SagaInstance): Obstacle | undefined {
  if (saga !== from.name || version !== from.version) return refused(`it is of saga '${saga}', version ${version}`);
  if (hash !== from.hash) return refused(`it began with another shape of version ${version}`);
  return isTerminal(state.status) ? refused(`it is ${state.status}`) : undefined;
}

function eachStepObstacle(migration: SagaMigration, instance: SagaInstance): Obstacle | undefined {
  const { from, to, outputs, skip } = migration;
  const { state, bodies } = instance;
  for (const step of from.steps.values()) {
    const name = nameThere(migration, step.name);
    const there = name === undefined ? undefined : to.steps.get(name);
    const common = {
      ...{ step, there },
      mayTurnBack: mayTurnBack(migration, instance, step),
      mapped: outputs.has(step.name),
      signalKept: bodies[step.name]?.signal !== undefined,
    };
    const items = Object.keys(state.steps).filter((key) => key !== step.name && splitKey(key).step === step.name);
    for (const key of [step.name, ...items]) {
      const obstacle = stepObstacle({ ...common, status: stepStateOf(state, key).status });
      if (obstacle !== undefined) return obstacle;
    }
    const { status } = stepStateOf(state, step.name);
    if (status !== 'skipped' || there === undefined || step.when === null || there.when !== null) continue;
    if (goesForward(instance) && bodies[step.name]?.output === undefined && !skip.has(there.name))
      return refused(`it skipped '${step.name}', and version ${to.version} reads what '${there.name}' answered`);
  }
  return undefined;
}

/** Undos go backwards by the list: what was done in one order would be undone in another. */
function orderObstacle(migration: SagaMigration, instance: SagaInstance): Obstacle | undefined {
  const { from, to } = migration;
  const done = [...from.steps.values()].flatMap((step) => {
    const name = nameThere(migration, step.name);
    const there = name === undefined ? undefined : to.steps.get(name);
    const { status } = stepStateOf(instance.state, step.name);
    const isInEffect =
      status === 'succeeded' || status === 'dispatched' || status === 'unknown' || status === 'compensating';
    return there !== undefined && isInEffect && mayTurnBack(migration, instance, step) ? [{ step, there }] : [];
  });
  for (const one of done) {
    for (const other of done) {
      const before = Math.sign(one.step.stage - other.step.stage);
      if (before === Math.sign(one.there.stage - other.there.stage)) continue;
      return refused(
        `'${one.step.name}' and '${other.step.name}' stand in another order there, and it has been at both`,
      );
    }
  }
  return undefined;
}

function placeObstacle({ to, skip }: SagaMigration, passed: readonly StepDefinition[]): Obstacle | undefined {
  const late = passed.find((step) => !skip.has(step.name));
  if (late === undefined) return undefined;
  return refused(`it has passed the place of '${late.name}' in version ${to.version}, and would do it late`);
}

/** Two steps whose commands carry one name would be one to the participant's fence. */
function nameObstacle(
  { to }: SagaMigration,
  { there, sentAs: names, retired }: Pick<Carried, 'sentAs' | 'retired'> & { readonly there: StatusesThere },
): Obstacle | undefined {
  const owners = new Map<string, string>();
  for (const { name } of [...to.steps.values()].filter(isRemote)) {
    const sent = sentAs({ sentAs: names }, name);
    const owner = owners.get(sent);
    owners.set(sent, name);
    if (owner !== undefined) return refused(`commands of both '${owner}' and '${name}' would carry the name '${sent}'`);
    if (retired.includes(sent) && there.get(name) === undefined)
      return refused(`commands of a step that was dropped carried the name '${sent}' of '${name}'`);
  }
  return undefined;
}

type StatusesThere = ReadonlyMap<string, StepStatus>;

/** By new name, of the steps that the instance has been at. */
function statusesThere(migration: SagaMigration, { state }: SagaInstance): StatusesThere {
  const reached = [...migration.from.steps.keys()].flatMap((old) => {
    const name = nameThere(migration, old);
    const { status } = stepStateOf(state, old);
    return name === undefined || status === 'pending' ? [] : [[name, status] as const];
  });
  return new Map(reached);
}

function passedSteps(
  { to, skip }: SagaMigration,
  instance: SagaInstance,
  there: StatusesThere,
): readonly StepDefinition[] {
  if (!goesForward(instance)) return [];
  const steps = [...to.steps.values()];
  const last = Math.max(-1, ...steps.filter(({ name }) => there.has(name)).map(({ stage }) => stage));
  return steps.filter(({ name, stage }) => {
    const status = there.get(name);
    return status === undefined ? stage < last : status === 'skipped' && skip.has(name);
  });
}

function namesThere(migration: SagaMigration, { state }: SagaInstance): Pick<Carried, 'sentAs' | 'retired'> {
  const sent: Record<string, string> = {};
  const retired = new Set(state.retired);
  for (const step of [...migration.from.steps.values()].filter(isRemote)) {
    const name = nameThere(migration, step.name);
    const carries = sentAs(state, step.name);
    if (name === undefined) {
      if (stepStateOf(state, step.name).status !== 'pending') retired.add(carries);
    } else if (carries !== name) sent[name] = carries;
  }
  return { sentAs: sent, retired: [...retired].sort() };
}

/** Participants, and whoever a call is made to, know the step's effect by its name. */
function isRemote({ kind }: StepDefinition): boolean {
  return kind !== 'local' && kind !== 'sleep' && kind !== 'wait';
}

function goesForward({ state: { status, parked } }: SagaInstance): boolean {
  return status === 'running' || parked?.from === 'running';
}

function mayTurnBack({ from }: SagaMigration, instance: SagaInstance, { phase }: StepDefinition): boolean {
  return phase === 'compensatable' && pivotPosition(openDraft(from, instance, 0)) !== 'committed';
}
