import { encodeJson, validate, violationsText } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { StepDefinition } from '../definition/step-definition.js';
import { type Answer, ask, outputOf, outputsOf } from './author.js';
import { type Carried, carrySteps } from './carry-steps.js';
import { nameThere, type SagaMigration } from './define-migration.js';
import { evolve, type Folded } from './evolve.js';
import type { InstanceState, SagaInstance } from './instance.js';
import type { JournalEntry, JournalEvent, SagaMigrated } from './journal-event.js';
import type { Verb } from './saga-input.js';
import { type Obstacle, refused } from './step-obstacle.js';

/** What became of an instance that was to be moved to another version. */
export type MigratedInstance =
  | { readonly kind: 'migrated'; readonly instance: SagaInstance; readonly entry: JournalEntry }
  | Obstacle;

/**
 * Carries one instance over to the other version, or says why it stays. Pure but for the author's functions, whose answers stand in the
 * journal entry: folding it never calls them. Commands that are outstanding, and undos of what was done, keep the name that they were first sent
 * under, so that answers and fences find each other still.
 */
export function migrateInstance(
  migration: SagaMigration,
  instance: SagaInstance,
  { now, actor, reason }: Verb & { readonly now: number },
): MigratedInstance {
  const carried = carrySteps(migration, instance);
  if (carried.obstacle !== undefined) return carried.obstacle;
  const fact = migratedFact(migration, instance, carried);
  if (fact.kind === 'refused') return refused(fact.message);
  const input = 'input' in fact.value ? fact.value.input : instance.input;
  const events: JournalEvent[] = [fact.value];
  let folded: Folded = evolve({ state: instance.state, bodies: instance.bodies }, fact.value, now);
  for (const step of carried.passed) {
    const skipped = skippedFact(migration, { step, input, folded });
    if (skipped.kind === 'refused') return refused(skipped.message);
    events.push(skipped.value);
    folded = evolve(folded, skipped.value, now);
  }
  const { to } = migration;
  const seq = instance.seq + 1;
  return {
    kind: 'migrated',
    instance: {
      ...instance,
      version: to.version,
      hash: to.hash,
      input,
      seq,
      state: goingOn(folded.state, now),
      bodies: folded.bodies,
    },
    entry: { seq, at: now, cause: { kind: 'migrate', actor, reason }, events },
  };
}

/** Held, it goes on when it is let go. */
function goingOn(state: InstanceState, now: number): InstanceState {
  const { goesOnAt: _, ...still } = state;
  const isHeld = state.pausedAt !== undefined || state.status === 'parked';
  return isHeld ? still : { ...still, goesOnAt: now };
}

function migratedFact(
  migration: SagaMigration,
  instance: SagaInstance,
  { sentAs, retired }: Carried,
): Answer<SagaMigrated> {
  const { from, to, renamed, dropped } = migration;
  const outputs: { readonly step: string; readonly output?: unknown }[] = [];
  for (const old of migration.outputs.keys()) {
    const mapped = mappedOutput(migration, instance, old);
    if (mapped?.kind === 'refused') return mapped;
    if (mapped !== undefined) outputs.push(mapped.value);
  }
  const input = mappedInput(migration, instance);
  if (input.kind === 'refused') return input;
  const value: SagaMigrated = {
    kind: 'sagaMigrated',
    from: { version: from.version, hash: from.hash },
    to: { version: to.version, hash: to.hash },
    renamed: Object.fromEntries(renamed),
    dropped: [...dropped],
    ...{ sentAs, retired },
    ...(migration.input === null ? {} : { input: input.value }),
    outputs,
  };
  return { kind: 'answered', value };
}

function mappedInput({ to, input: map }: SagaMigration, { input }: SagaInstance): Answer<unknown> {
  if (map === null) return { kind: 'answered', value: undefined };
  const what = `the migration's 'input'`;
  const answer = ask(() => map(input), what);
  return answer.kind === 'refused' ? answer : fitting(answer.value, to.input, what);
}

/** Nothing where the step has not answered. */
function mappedOutput(
  migration: SagaMigration,
  { bodies }: SagaInstance,
  old: string,
): Answer<{ readonly step: string; readonly output?: unknown }> | undefined {
  const name = nameThere(migration, old);
  const map = migration.outputs.get(old);
  const step = migration.from.steps.get(old);
  if (name === undefined || map === undefined || step === undefined || bodies[old] === undefined) return undefined;
  const output = outputOf(step, bodies);
  if (output === undefined) return undefined;
  const what = `the migration's 'outputs.${old}'`;
  const answer = ask(() => map(output), what);
  if (answer.kind === 'refused') return answer;
  const fits = fitting(answer.value, schemaOf(migration.to.steps.get(name)), what);
  if (fits.kind === 'refused') return fits;
  return { kind: 'answered', value: { step: name, ...(fits.value === undefined ? {} : { output: fits.value }) } };
}

function skippedFact(
  { to, skip }: SagaMigration,
  { step, input, folded }: { readonly step: StepDefinition; readonly input: unknown; readonly folded: Folded },
): Answer<JournalEvent> {
  const what = `the migration's 'skip.${step.name}'`;
  const answer = ask(() => skip.get(step.name)?.({ input, steps: outputsOf(to, folded) }), what);
  if (answer.kind === 'refused') return answer;
  const fits = answer.value === undefined ? answer : fitting(answer.value, schemaOf(step), what);
  if (fits.kind === 'refused') return fits;
  const output = fits.value === undefined ? {} : { output: fits.value };
  return { kind: 'answered', value: { kind: 'stepSkipped', step: step.name, why: 'migrated', ...output } };
}

function schemaOf(step: StepDefinition | undefined): StandardSchemaV1 | undefined {
  if (step?.kind === 'invoke') return step.command.spec.reply;
  return step?.kind === 'wait' ? step.signal : undefined;
}

/** What the author's function answered, if JSON can hold it and the schema, where there is one, takes it. */
function fitting(value: unknown, schema: StandardSchemaV1 | undefined, what: string): Answer<unknown> {
  const checked = ask(() => {
    const fits = schema === undefined ? ({ kind: 'valid', value } as const) : validate(schema, value);
    if (fits.kind === 'valid' && fits.value !== undefined) encodeJson(fits.value, { what });
    return fits;
  }, what);
  if (checked.kind === 'refused') return checked;
  if (checked.value.kind === 'valid') return { kind: 'answered', value: checked.value.value };
  const violations = violationsText(checked.value.violations);
  return {
    kind: 'refused',
    code: 'AUTHOR_CODE_FAILED',
    message: `${what} answered what the schema there does not take: ${violations}`,
  };
}
