import type { SagaDefinition } from '../definition/step-definition.js';
import { compareSteps } from './compare-steps.js';
import { type DefinitionChange, reached } from './definition-change.js';
import { type DefinitionDescription, describeDefinition, type StepDescription } from './describe-definition.js';

/** A definition, or what `describeDefinition` made of one: a committed file serves as well. */
export type Describable = SagaDefinition | DefinitionDescription;

/**
 * What changed between two definitions, by structure, each change with what it means for instances that live on the first. The author's
 * functions and schemas are code and are not compared: that a payload still fits is for your tests to say. A definition with the same hash
 * differs by `safe` changes only.
 */
export function compareDefinitions(before: Describable, after: Describable): readonly DefinitionChange[] {
  const was = described(before);
  const is = described(after);
  const changes = [
    ...renamedSaga(was, is),
    ...matched(was, is),
    ...orderChange(was, is),
    ...pivotChange(was, is),
    ...timeoutChange(was, is),
  ];
  return [...versionChange(was, is), ...changes];
}

/** A description's stages hold no functions: of a definition everything else is dropped. */
export function described(given: Describable): DefinitionDescription {
  return 'steps' in given ? describeDefinition(given) : given;
}

function renamedSaga(was: DefinitionDescription, is: DefinitionDescription): DefinitionChange[] {
  if (was.name === is.name) return [];
  const words = `'${was.name}' is now '${is.name}': another saga, whose start keys and instances are its own`;
  return [{ kind: 'saga renamed', class: 'unsafe', words, concerns: 'all' }];
}

function versionChange(was: DefinitionDescription, is: DefinitionDescription): DefinitionChange[] {
  if (was.hash === is.hash || was.name !== is.name || is.version > was.version) return [];
  const words = `the step list changed and the version is ${is.version}, after ${was.version}: open() refuses where instances live on what it was`;
  return [{ kind: 'version not raised', class: 'unsafe', words, concerns: 'all' }];
}

function matched(was: DefinitionDescription, is: DefinitionDescription): DefinitionChange[] {
  const before = was.stages.flat();
  const after = new Map(is.stages.flat().map((step) => [step.name, step]));
  const names = new Set(before.map(({ name }) => name));
  const added = [...after.values()].filter(({ name }) => !names.has(name));
  const renames = renamesIn(
    before.filter(({ name }) => !after.has(name)),
    added,
  );
  const taken = new Set(renames.values());
  const kept = before.flatMap((step) => {
    const same = after.get(step.name);
    if (same !== undefined) return compareSteps(step, same);
    const other = renames.get(step);
    return other === undefined ? [removed(step)] : [renamed(step, other), ...compareSteps(step, other)];
  });
  return [...kept, ...added.filter((step) => !taken.has(step)).map((step) => addition(was, is, step))];
}

/** One that went and one that came and do the same in the same phase are one step under two names. */
function renamesIn(
  gone: readonly StepDescription[],
  come: readonly StepDescription[],
): ReadonlyMap<StepDescription, StepDescription> {
  const renames = new Map<StepDescription, StepDescription>();
  const left = [...come];
  for (const step of gone) {
    const index = left.findIndex((each) => shapeOf(each) === shapeOf(step));
    const [other] = index === -1 ? [] : left.splice(index, 1);
    if (other !== undefined) renames.set(step, other);
  }
  return renames;
}

function shapeOf({ kind, phase, command, undo, when }: StepDescription): string {
  return JSON.stringify([kind, phase, command, undo, when]);
}

function renamed({ name }: StepDescription, other: StepDescription): DefinitionChange {
  const words = `'${name}' is now called '${other.name}': state is kept by name, so a live instance would do it again`;
  return {
    kind: 'step renamed',
    class: 'needs a migration',
    step: name,
    words,
    concerns: [{ step: name, statuses: reached }],
  };
}

function removed({ name, undo, kind }: StepDescription): DefinitionChange {
  const concerns = [{ step: name, statuses: reached }];
  if (undo !== null || kind === 'invoke') {
    const words = `'${name}' is gone: an effect that it had would neither be awaited nor undone`;
    return { kind: 'step removed', class: 'unsafe', step: name, words, concerns };
  }
  const words = `'${name}' is gone: an instance that is at it would not go on`;
  return { kind: 'step removed', class: 'needs a migration', step: name, words, concerns };
}

/** An instance that has passed the place would do the new step late: the machine begins whatever is pending, wherever it stands. */
function addition(was: DefinitionDescription, is: DefinitionDescription, { name }: StepDescription): DefinitionChange {
  const place = is.stages.findIndex((stage) => stage.some((step) => step.name === name));
  const known = new Set(was.stages.flat().map((step) => step.name));
  const later = is.stages.slice(place).flat();
  const concerns = later.filter((step) => known.has(step.name)).map((step) => ({ step: step.name, statuses: reached }));
  const words = `'${name}' is new: an instance that has passed its place would do it late`;
  return { kind: 'step added', class: 'safe for new ones only', step: name, words, concerns };
}

function orderChange(was: DefinitionDescription, is: DefinitionDescription): DefinitionChange[] {
  const common = commonNames(was, is);
  const before = orderOf(was, common);
  const after = orderOf(is, common);
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const moved = [...common].filter((name) => placeIn(before, name) !== placeIn(after, name));
  const words = `steps stand in another order: ${orderWords(before)} is now ${orderWords(after)}`;
  const concerns = moved.map((step) => ({ step, statuses: reached }));
  return [{ kind: 'order changed', class: 'safe for new ones only', words, concerns }];
}

function commonNames(was: DefinitionDescription, is: DefinitionDescription): ReadonlySet<string> {
  const names = new Set(is.stages.flat().map(({ name }) => name));
  return new Set(
    was.stages
      .flat()
      .map(({ name }) => name)
      .filter((name) => names.has(name)),
  );
}

function orderOf({ stages }: DefinitionDescription, common: ReadonlySet<string>): readonly (readonly string[])[] {
  return stages
    .map((stage) => stage.map(({ name }) => name).filter((name) => common.has(name)))
    .filter((stage) => stage.length > 0);
}

/** What is before a step and what is beside it: equal where nothing moved past it. */
function placeIn(order: readonly (readonly string[])[], name: string): string {
  const stage = order.findIndex((names) => names.includes(name));
  return JSON.stringify([order.slice(0, stage).flat().sort(), [...(order[stage] ?? [])].sort()]);
}

function orderWords(order: readonly (readonly string[])[]): string {
  return order.map((names) => (names.length === 1 ? (names[0] ?? '') : `(${names.join(' | ')})`)).join(', ');
}

function pivotChange(was: DefinitionDescription, is: DefinitionDescription): DefinitionChange[] {
  const before = pivotOf(was);
  const after = pivotOf(is);
  const moved = phases(was).filter(([name, phase]) => (new Map(phases(is)).get(name) ?? phase) !== phase);
  if (before === after && moved.length === 0) return [];
  const words = `the point of no return was ${before ?? 'nowhere'} and is ${after ?? 'nowhere'}: what is undone and what is not would change under way`;
  const steps = new Set([...(before === undefined ? [] : [before]), ...moved.map(([name]) => name)]);
  const concerns = [...steps].map((step) => ({ step, statuses: reached }));
  return [{ kind: 'pivot changed', class: 'unsafe', words, concerns }];
}

function phases({ stages }: DefinitionDescription): (readonly [string, string])[] {
  return stages.flat().map(({ name, phase }) => [name, phase] as const);
}

function pivotOf({ stages }: DefinitionDescription): string | undefined {
  return stages.flat().find(({ phase }) => phase === 'pivot')?.name;
}

function timeoutChange(was: DefinitionDescription, is: DefinitionDescription): DefinitionChange[] {
  if (was.timeoutMs === is.timeoutMs) return [];
  const words = "the saga's own timeout changed: instances that have begun keep the deadline that they began with";
  return [{ kind: 'pace changed', class: 'safe', words, concerns: [] }];
}
