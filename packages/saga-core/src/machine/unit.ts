import type {
  EachStepDefinition,
  ItemExtras,
  InvokeStepDefinition,
  SagaDefinition,
  StepDefinition,
  UnitDefinition,
} from '../definition/step-definition.js';
import { copyJson } from './copy-json.js';
import type { StepBodies } from './instance.js';
import { withMore } from './with-more.js';

/** `reserve[3]`: state, journal and inputs name an item of a fan-out so. A step's own name has no bracket. */
export function itemKey(step: string, index: number): string {
  return `${step}[${index}]`;
}

/** The step that a key names, and which item of it. */
export function splitKey(key: string): { readonly step: string; readonly item: number | null } {
  const bracket = key.indexOf('[');
  if (bracket < 0) return { step: key, item: null };
  return { step: key.slice(0, bracket), item: Number(key.slice(bracket + 1, -1)) };
}

/** The key of a step, or of an item of it, as a command's identity gives them. */
export function keyOf({ step, item }: { readonly step: string; readonly item: number | null }): string {
  return item === null ? step : itemKey(step, item);
}

/** What the machine knows of each step's list. */
type Bodies = Readonly<Record<string, StepBodies>>;

/**
 * What a key names: a step, or an item of a fan-out as the invoke step that it is. Nothing where there is no such step, or its list has no
 * such item: of an item that was never planned nothing is awaited.
 */
export function unitOf(definition: SagaDefinition, key: string, bodies: Bodies): StepDefinition | undefined {
  const { step: name, item } = splitKey(key);
  const step = definition.steps.get(name);
  if (item === null) return step;
  const items = Object.hasOwn(bodies, name) ? bodies[name]?.items : undefined;
  if (step?.kind !== 'each' || items === undefined || !Number.isInteger(item) || item < 0 || item >= items.length)
    return undefined;
  // One unit has one key: `reserve[03]` is none.
  return key === itemKey(name, item) ? itemUnit(step, items, item) : undefined;
}

/** The units of a list, made once for as long as the list is known by the same object: each look at a long list would make all of them anew. */
const unitsOfLists = new WeakMap<
  readonly unknown[],
  { readonly step: object; readonly units: InvokeStepDefinition[] }
>();

/** The items of a fan-out, in the list's order; none before the list is known. */
export function itemUnits(step: EachStepDefinition, bodies: Bodies): readonly InvokeStepDefinition[] {
  const items = bodies[step.name]?.items ?? [];
  const known = unitsOfLists.get(items);
  if (known?.step === step) return known.units;
  const units = items.map((_, index) => itemUnit(step, items, index));
  unitsOfLists.set(items, { step, units });
  return units;
}

/** Everything that has an outcome of its own, in the order of the list. */
export function unitsOf(definition: SagaDefinition, bodies: Bodies): readonly UnitDefinition[] {
  return [...definition.steps.values()].flatMap((step): readonly UnitDefinition[] =>
    step.kind === 'each' ? itemUnits(step, bodies) : [step],
  );
}

function itemUnit(step: EachStepDefinition, items: readonly unknown[], index: number): InvokeStepDefinition {
  const { over: _over, concurrency: _concurrency, compensate, ...common } = step;
  const extras = (): ItemExtras => ({ item: copyJson(items[index]), index });
  return {
    ...common,
    kind: 'invoke',
    name: itemKey(step.name, index),
    when: null,
    with: (context) => step.with(withMore(context, extras())),
    compensate: compensate && {
      command: compensate.command,
      with: (context) => {
        const { failure, sent, output } = context;
        return compensate.with(withMore(context, { failure, sent, output, ...extras() }));
      },
    },
  };
}
