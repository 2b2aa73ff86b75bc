import type { SagaDefinition } from '../definition/step-definition.js';
import type { AnySaga, InputOf, StepsOf } from '../definition/step-list.js';
import { SagaError } from '../errors.js';

type NameIn<T> = keyof StepsOf<T> & string;
export type StepRenames<From, To> = { readonly [K in NameIn<From>]?: NameIn<To> };
type NameThere<K, R> = K extends keyof R ? (R[K] extends string ? R[K] : K) : K;
/** Steps that the other version has too, by the name that they had. */
type Kept<From, To, R> = { [K in NameIn<From>]: NameThere<K, R> extends NameIn<To> ? K : never }[NameIn<From>];
type Gone<From, To, R> = Exclude<NameIn<From>, Kept<From, To, R>>;
type OutputThere<K, To, R> = NameThere<K, R> extends keyof StepsOf<To> ? StepsOf<To>[NameThere<K, R>] : never;
type Incompatible<From, To, R> = {
  [K in Kept<From, To, R>]: StepsOf<From>[K] extends OutputThere<K, To, R> ? never : K;
}[Kept<From, To, R>];
type OutputMap<From, To, R, K extends NameIn<From>> = (output: StepsOf<From>[K]) => OutputThere<K, To, R>;
type OutputMaps<From, To, R> = {
  readonly [K in Incompatible<From, To, R>]: OutputMap<From, To, R, K>;
} & { readonly [K in Exclude<Kept<From, To, R>, Incompatible<From, To, R>>]?: OutputMap<From, To, R, K> };

/** What a step that a moved instance has passed is taken to have answered. */
type Skips<To> = {
  readonly [K in NameIn<To>]?: (context: {
    readonly input: InputOf<To>;
    readonly steps: Partial<StepsOf<To>>;
  }) => StepsOf<To>[K];
};

/** The compiler asks for what it can see to be missing: an input or output of another type, a step that is gone. */
export type MigrationOptions<From, To, R> = {
  /** Steps that have another name there: `{ reserve: 'reserveStock' }`. Data and outstanding commands go with them. */
  readonly rename?: R;
  /** New steps that an instance may have passed already: left out there, as if they had answered this. Others are done when their turn comes. */
  readonly skip?: Skips<To>;
} & ([Gone<From, To, R>] extends [never]
  ? { readonly drop?: readonly never[] }
  : {
      /** Steps that are not there any more. One with an effect that might still have to be undone keeps its instance where it is. */
      readonly drop: readonly Gone<From, To, R>[];
    }) &
  (InputOf<From> extends InputOf<To>
    ? { readonly input?: (input: InputOf<From>) => InputOf<To> }
    : { readonly input: (input: InputOf<From>) => InputOf<To> }) &
  ([Incompatible<From, To, R>] extends [never]
    ? { readonly outputs?: OutputMaps<From, To, R> }
    : {
        /** By the name that the step had: what it answered, as the other version's steps read it. */
        readonly outputs: OutputMaps<From, To, R>;
      });

/** How live instances of one version become instances of another. Made by `defineMigration`; its functions are called once an instance, and what they answer is recorded. */
export interface SagaMigration {
  readonly from: SagaDefinition;
  readonly to: SagaDefinition;
  /** Old name to new; steps that keep theirs are not in it. */
  readonly renamed: ReadonlyMap<string, string>;
  readonly dropped: ReadonlySet<string>;
  readonly input: ((input: unknown) => unknown) | null;
  /** By the name that the step had. */
  readonly outputs: ReadonlyMap<string, (output: unknown) => unknown>;
  /** By the name that the step has there. */
  readonly skip: ReadonlyMap<string, (context: { readonly input: unknown; readonly steps: unknown }) => unknown>;
}

interface RawOptions {
  readonly rename?: Readonly<Record<string, string | undefined>>;
  readonly drop?: readonly string[];
  readonly input?: (input: never) => unknown;
  readonly outputs?: Readonly<Record<string, ((output: never) => unknown) | undefined>>;
  readonly skip?: Readonly<Record<string, ((context: never) => unknown) | undefined>>;
}

/**
 * Says how instances that live on `from` go on as instances of `to`, another version of the same saga: newer, or older for the way back. Every
 * step of `from` is kept under its name, renamed or dropped.
 *
 * @throws SagaError MIGRATION_INVALID where a name is on neither side, stands for two steps, or is not told of.
 */
export function defineMigration<
  From extends AnySaga,
  To extends AnySaga,
  const R extends StepRenames<From, To> = Record<never, never>,
>(from: From, to: To, options: MigrationOptions<From, To, R>): SagaMigration {
  const raw = options as RawOptions;
  const migration: SagaMigration = {
    from,
    to,
    renamed: new Map(defined(raw.rename).filter(([old, name]) => old !== name)),
    dropped: new Set(raw.drop ?? []),
    input: (raw.input as ((input: unknown) => unknown) | undefined) ?? null,
    outputs: new Map(defined(raw.outputs) as [string, (output: unknown) => unknown][]),
    skip: new Map(defined(raw.skip) as [string, (context: unknown) => unknown][]),
  };
  checkVersions(migration);
  checkNames(migration);
  return migration;
}

/** The step's name there, `undefined` where it was dropped. */
export function nameThere(
  { renamed, dropped }: Pick<SagaMigration, 'renamed' | 'dropped'>,
  old: string,
): string | undefined {
  return dropped.has(old) ? undefined : (renamed.get(old) ?? old);
}

function checkVersions({ from, to }: SagaMigration): void {
  if (from.name === to.name && from.version !== to.version) return;
  throw invalid({ from, to }, `leads from '${from.name}' ${from.version} to '${to.name}' ${to.version}`, {
    hint: 'give two versions of one saga: start keys belong to a saga by its name',
  });
}

function checkNames(migration: SagaMigration): void {
  const { from, to, renamed, dropped, outputs, skip } = migration;
  const named = [...renamed.keys(), ...dropped, ...outputs.keys()];
  for (const name of named) requireStep(migration, from, name);
  for (const name of [...renamed.values(), ...skip.keys()]) requireStep(migration, to, name);
  const places = new Map<string, string>();
  for (const old of from.steps.keys()) {
    const name = nameThere(migration, old);
    if (name === undefined) {
      if (to.steps.has(old) || renamed.has(old))
        throw invalid(migration, `drops '${old}', which version ${to.version} has`, { hint: 'drop what is gone' });
      continue;
    }
    if (!to.steps.has(name)) {
      throw invalid(migration, `does not say what becomes of '${old}'`, {
        hint: `version ${to.version} has no such step: name it in 'rename' or 'drop'`,
      });
    }
    const other = places.get(name);
    if (other !== undefined) throw invalid(migration, `makes '${other}' and '${old}' one step '${name}'`, {});
    places.set(name, old);
  }
  for (const name of to.steps.keys()) {
    if (!places.has(name) && renamed.has(name)) {
      throw invalid(migration, `gives the name of '${name}' to a new step`, {
        hint: `commands of the step that is now '${renamed.get(name)}' carry that name: choose another for the new one`,
      });
    }
  }
  for (const name of outputs.keys())
    if (dropped.has(name)) throw invalid(migration, `maps the output of '${name}', which it drops`, {});
  for (const name of skip.keys())
    if (to.steps.get(name)?.phase === 'pivot')
      throw invalid(migration, `skips '${name}'`, { hint: 'a pivot cannot be taken to have happened' });
}

function requireStep(migration: SagaMigration, saga: SagaDefinition, name: string): void {
  if (saga.steps.has(name)) return;
  const hint = `its steps are ${[...saga.steps.keys()].join(', ')}`;
  throw invalid(migration, `names '${name}', which is no step of version ${saga.version}`, { hint });
}

function invalid(
  { from, to }: Pick<SagaMigration, 'from' | 'to'>,
  what: string,
  { hint }: { readonly hint?: string },
): SagaError {
  const fields = { saga: from.name, from: from.version, to: to.version };
  return new SagaError(
    'MIGRATION_INVALID',
    `the migration of saga '${from.name}' from version ${from.version} to ${to.version} ${what}`,
    hint === undefined ? { fields } : { fields, hint },
  );
}

function defined<T>(record: Readonly<Record<string, T | undefined>> | undefined): [string, T][] {
  return Object.entries(record ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, T]],
  );
}
