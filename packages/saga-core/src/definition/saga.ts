import { foundText, type AnyCommand } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { SagaError } from '../errors.js';
import { definitionHash } from './definition-hash.js';
import { type Duration, parseDuration } from './duration.js';
import { type Action, actingStep, type RawOptions } from './acting-step.js';
import { locksOf, type SagaLocks } from './saga-locks.js';
import type { CallStepDefinition, Phase, SagaDefinition, Stage, StepDefinition } from './step-definition.js';
import type { StepList } from './step-list.js';
import { type StepPlace, stepInvalid } from './step-place.js';
import { type RawWaitOptions, sleepStep, waitStep } from './waiting-step.js';

export interface SagaOptions<Schema extends StandardSchemaV1> {
  /** A whole number from 1. An instance stays on the version that it was started with. */
  readonly version: number;
  /** Any Standard Schema: `start` refuses what does not fit. */
  readonly input: Schema;
  /** The whole saga's own deadline: before the pivot it is undone, afterwards the deadline has no say. */
  readonly timeout?: Duration;
  /** Keeps instances on the same business keys off one another. */
  readonly locks?: SagaLocks<StandardSchemaV1.InferOutput<Schema>>;
}

export type SagaFunction<Trx> = <Schema extends StandardSchemaV1>(
  name: string,
  options: SagaOptions<Schema>,
) => StepList<Trx, StandardSchemaV1.InferOutput<Schema>, never>;

const stepName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const sagaName = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;

/** `saga` for a transaction type: `sagaOn<PoolClient>()`. `@backstitch/saga-core/knex` exports the one for knex. */
export function sagaOn<Trx>(): SagaFunction<Trx> {
  return (name, options) => {
    checkHead(name, options.version, options.input);
    const draft: Draft = { name, stages: [], names: new Set(), pivoted: false };
    return list(draft, options as unknown as SagaOptions<StandardSchemaV1>) as never;
  };
}

/** The builder's own memory. Each call grows a copy: two chains that begin alike must not write into one another. */
interface Draft {
  readonly name: string;
  readonly stages: StepDefinition[][];
  readonly names: Set<string>;
  readonly pivoted: boolean;
}

function copyOf(draft: Draft): Draft {
  return { ...draft, stages: [...draft.stages], names: new Set(draft.names) };
}

function list(draft: Draft, options: SagaOptions<StandardSchemaV1>): Record<string, unknown> {
  const phase = draft.pivoted ? 'retriable' : 'compensatable';
  const grow = (grown: Draft, steps: StepDefinition[]): Record<string, unknown> => {
    grown.stages.push(steps);
    return list(grown, options);
  };
  const addWaiting = (name: string, make: (place: StepPlace) => StepDefinition): Record<string, unknown> => {
    const grown = copyOf(draft);
    return grow(grown, [make(takePlace(grown, name, phase))]);
  };
  return {
    ...actingSteps((name, action, raw) => {
      const grown = copyOf(draft);
      return grow(grown, [actingStep(takePlace(grown, name, phase), action, raw)]);
    }),
    sleep: (name: string, duration: Duration, raw?: RawWaitOptions) =>
      addWaiting(name, (place) => sleepStep(place, duration, raw)),
    waitFor: (name: string, signal: StandardSchemaV1, raw?: RawWaitOptions) =>
      addWaiting(name, (place) => waitStep(place, signal, raw)),
    parallel: (build: (branches: Record<string, unknown>) => unknown) => {
      const grown = copyOf(draft);
      const stage: StepDefinition[] = [];
      const branches: Record<string, unknown> = actingSteps((name, action, raw) => {
        stage.push(actingStep(takePlace(grown, name, phase), action, raw));
        return branches;
      });
      build(branches);
      if (stage.length === 0) throw invalid(draft, 'parallel', 'has no branches', 'add at least one branch');
      return grow(grown, stage);
    },
    pivot: (name: string, action: Action, raw?: RawOptions) => {
      if (draft.pivoted) throw invalid(draft, name, 'is a second pivot', 'a saga has one point of no return');
      if (raw?.when !== undefined)
        throw invalid(
          draft,
          name,
          "is the pivot and has a 'when'",
          'a saga that skips its point of no return has none',
        );
      const grown = { ...copyOf(draft), pivoted: true };
      return grow(grown, [actingStep(takePlace(grown, name, 'pivot'), action, raw ?? {})]);
    },
    output: (map: SagaDefinition['output']) => finish(draft, options, map),
    build: () => finish(draft, options, null),
  };
}

type AddStep = (name: string, action: Action, raw: RawOptions) => Record<string, unknown>;

/** The steps that may stand by themselves and side by side. */
function actingSteps(add: AddStep): Record<string, unknown> {
  return {
    local: (name: string, run: Action, raw: RawOptions = {}) => add(name, run, raw),
    invoke: (name: string, command: Action, raw: RawOptions = {}) => add(name, command, raw),
    invokeEach: (name: string, command: AnyCommand, raw: RawOptions = {}) => add(name, { kind: 'each', command }, raw),
    call: (name: string, run: CallStepDefinition['run'], raw: RawOptions = {}) => add(name, { kind: 'call', run }, raw),
    child: (name: string, saga: SagaDefinition, raw: RawOptions = {}) => add(name, { kind: 'child', saga }, raw),
  };
}

function takePlace(draft: Draft, name: string, phase: Phase): StepPlace {
  takeName(draft, name);
  return { saga: draft.name, name, phase, stage: draft.stages.length };
}

function finish(
  draft: Draft,
  options: SagaOptions<StandardSchemaV1>,
  output: SagaDefinition['output'],
): SagaDefinition {
  const stages: readonly Stage[] = Object.freeze(
    draft.stages.map((stage) => Object.freeze(stage.map((each) => Object.freeze(each)))),
  );
  if (stages.length === 0) throw invalid(draft, draft.name, 'has no steps', 'add at least one step');
  const timeoutMs = options.timeout === undefined ? null : parseDuration(options.timeout, `${draft.name}.timeout`);
  if (timeoutMs !== null && timeoutMs < 1)
    throw invalid(draft, draft.name, 'has a timeout of nothing', 'wait at least 1ms, or leave it out');
  return Object.freeze({
    name: draft.name,
    version: options.version,
    hash: definitionHash(draft.name, stages),
    input: options.input,
    stages,
    steps: new Map(stages.flat().map((each) => [each.name, each])),
    output,
    timeoutMs,
    locks: locksOf(draft.name, options.locks as SagaLocks<never> | undefined),
  });
}

function takeName(draft: Draft, name: string): void {
  if (!stepName.test(name))
    throw invalid(
      draft,
      name,
      'is not a step name',
      'use letters, digits, _ and -, beginning with a letter, at most 64',
    );
  if (draft.names.has(name)) throw invalid(draft, name, 'is already defined', 'give each step a name of its own');
  draft.names.add(name);
}

function checkHead(name: string, version: number, input: StandardSchemaV1): void {
  const fields = { saga: name, version };
  if (!sagaName.test(name)) {
    throw new SagaError('DEFINITION_INVALID', `${foundText(name)} is not a saga name`, {
      fields,
      hint: 'use letters, digits, _, . and -, beginning with a letter, at most 128',
    });
  }
  if (!Number.isInteger(version) || version < 1 || version > 2_147_483_647) {
    throw new SagaError('DEFINITION_INVALID', `version of saga '${name}' is ${foundText(version)}`, {
      fields,
      hint: 'give a whole number from 1',
    });
  }
  if (input?.['~standard']?.version !== 1) {
    throw new SagaError('DEFINITION_INVALID', `input of saga '${name}' is not a Standard Schema`, {
      fields,
      hint: 'pass a zod, valibot or arktype schema, or jsonSchema(…)',
    });
  }
}

function invalid({ name: saga }: Draft, name: string, what: string, hint: string): SagaError {
  return stepInvalid({ saga, name }, what, hint);
}
