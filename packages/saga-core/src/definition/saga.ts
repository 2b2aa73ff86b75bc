import type { AnyCommand } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { SagaError } from '../errors.js';
import { definitionHash } from './definition-hash.js';
import { type Duration, parseDuration } from './duration.js';
import { defaultRetry, foreverRetry, type RetryPolicy, resolveRetry } from './retry-policy.js';
import type {
  CallStepDefinition,
  InvokeStepDefinition,
  LocalStepDefinition,
  Phase,
  SagaDefinition,
  Stage,
  StepDefinition,
} from './step-definition.js';
import type { StepList } from './step-list.js';
import { type RawWaitOptions, sleepStep, type WaitingStep, waitStep } from './waiting-step.js';

export interface SagaOptions<Schema extends StandardSchemaV1> {
  /** A whole number from 1. An instance stays on the version that it was started with. */
  readonly version: number;
  /** Any Standard Schema: `start` refuses what does not fit. */
  readonly input: Schema;
  /** The whole saga's own deadline: before the pivot it is undone, afterwards the deadline has no say. */
  readonly timeout?: Duration;
}

export type SagaFunction<Trx> = <Schema extends StandardSchemaV1>(
  name: string,
  options: SagaOptions<Schema>,
) => StepList<Trx, StandardSchemaV1.InferOutput<Schema>, never>;

/** What an author may say of a step, before it is checked. */
interface RawOptions {
  readonly with?: InvokeStepDefinition['with'];
  readonly compensate?: LocalStepDefinition['compensate'] | InvokeStepDefinition['compensate'] | 'nothing to undo';
  readonly retry?: RetryPolicy;
  readonly undoRetry?: RetryPolicy;
  readonly timeout?: Duration;
  readonly when?: StepDefinition['when'];
}
/** A function is a local step, a command a remote one; a call says what it is. */
type Action = LocalStepDefinition['run'] | AnyCommand | Pick<CallStepDefinition, 'kind' | 'run'>;

const stepName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const sagaName = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
const defaultTimeoutMs = 30_000;

/** `saga` for a transaction type: `sagaOn<PoolClient>()`. `@backstitch/saga-core/knex` exports the one for knex. */
export function sagaOn<Trx>(): SagaFunction<Trx> {
  return (name, options) => {
    checkHead(name, options.version, options.input);
    const draft: Draft = { name, stages: [], names: new Set(), pivoted: false };
    return list(draft, options as SagaOptions<StandardSchemaV1>) as never;
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
  const add = (name: string, action: Action, raw: RawOptions | undefined, phase: Phase): Record<string, unknown> => {
    const grown = copyOf(draft);
    grown.stages.push([step(grown, { name, action, raw: raw ?? {}, phase, stage: grown.stages.length })]);
    return list(phase === 'pivot' ? { ...grown, pivoted: true } : grown, options);
  };
  const phase = (): Phase => (draft.pivoted ? 'retriable' : 'compensatable');
  const addWaiting = (name: string, make: (about: WaitingStep) => StepDefinition): Record<string, unknown> => {
    const grown = copyOf(draft);
    takeName(grown, name);
    grown.stages.push([make({ saga: grown.name, name, phase: phase(), stage: grown.stages.length })]);
    return list(grown, options);
  };
  return {
    local: (name: string, run: Action, raw?: RawOptions) => add(name, run, raw, phase()),
    invoke: (name: string, command: Action, raw?: RawOptions) => add(name, command, raw, phase()),
    call: (name: string, run: CallStepDefinition['run'], raw?: RawOptions) =>
      add(name, { kind: 'call', run }, raw, phase()),
    sleep: (name: string, duration: Duration, raw?: RawWaitOptions) =>
      addWaiting(name, (about) => sleepStep(about, duration, raw)),
    waitFor: (name: string, signal: StandardSchemaV1, raw?: RawWaitOptions) =>
      addWaiting(name, (about) => waitStep(about, signal, raw)),
    parallel: (build: (branches: Record<string, unknown>) => unknown) => {
      const grown = copyOf(draft);
      const stage: StepDefinition[] = [];
      const branch = (name: string, action: Action, raw?: RawOptions): Record<string, unknown> => {
        stage.push(step(grown, { name, action, raw: raw ?? {}, phase: phase(), stage: grown.stages.length }));
        return branches;
      };
      const branches: Record<string, unknown> = {
        local: branch,
        invoke: branch,
        call: (name: string, run: CallStepDefinition['run'], raw?: RawOptions) =>
          branch(name, { kind: 'call', run }, raw),
      };
      build(branches);
      if (stage.length === 0) throw invalid(draft, 'parallel', 'has no branches', 'add at least one branch');
      grown.stages.push(stage);
      return list(grown, options);
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
      return add(name, action, raw, 'pivot');
    },
    output: (map: SagaDefinition['output']) => finish(draft, options, map),
    build: () => finish(draft, options, null),
  };
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
  });
}

interface NewStep {
  readonly name: string;
  readonly action: Action;
  readonly raw: RawOptions;
  readonly phase: Phase;
  readonly stage: number;
}

function step(draft: Draft, { name, action, raw, phase, stage }: NewStep): StepDefinition {
  takeName(draft, name);
  checkCompensation(draft, name, raw, phase);
  const field = `${draft.name}.${name}`;
  const bounded = phase === 'compensatable' ? defaultRetry : foreverRetry;
  const common = {
    name,
    phase,
    stage,
    retry: resolveRetry(raw.retry, bounded, `${field}.retry`),
    undoRetry: resolveRetry(raw.undoRetry, foreverRetry, `${field}.undoRetry`),
    when: raw.when ?? null,
  };
  if (typeof action === 'function') {
    if (typeof raw.compensate === 'object')
      throw invalid(draft, name, 'is local and has a command as its compensation', 'give a function');
    const compensate = typeof raw.compensate === 'function' ? raw.compensate : null;
    return { ...common, kind: 'local', run: action, compensate };
  }
  if (action?.kind === 'call') return { ...common, ...callStep(draft, name, action, raw) };
  if (typeof raw.compensate === 'function')
    throw invalid(draft, name, 'is remote and has a function as its compensation', 'give { command, with }');
  const compensate = typeof raw.compensate === 'object' ? raw.compensate : null;
  if (action?.kind !== 'command')
    throw invalid(draft, name, 'runs neither a function nor a command', 'pass a command of a contract()');
  if (typeof raw.with !== 'function') throw invalid(draft, name, "has no 'with'", 'say what the command carries');
  if (compensate !== null && compensate.command.participant !== action.participant) {
    const other = compensate.command.participant;
    throw invalid(
      draft,
      name,
      `is undone by '${other}', not by '${action.participant}'`,
      'undo at the same participant: its fence is in that database',
    );
  }
  return {
    ...common,
    kind: 'invoke',
    command: action,
    with: raw.with,
    compensate,
    timeoutMs: timeoutOf(draft, name, raw),
  };
}

function callStep(
  draft: Draft,
  name: string,
  { run }: Pick<CallStepDefinition, 'run'>,
  raw: RawOptions,
): Pick<CallStepDefinition, 'kind' | 'run' | 'compensate' | 'timeoutMs'> {
  if (typeof run !== 'function') throw invalid(draft, name, 'calls no function', 'give the function to call');
  if (typeof raw.compensate === 'object')
    throw invalid(draft, name, 'is a call and has a command as its compensation', 'give a function');
  const compensate =
    typeof raw.compensate === 'function' ? (raw.compensate as unknown as CallStepDefinition['compensate']) : null;
  return { kind: 'call', run, compensate, timeoutMs: timeoutOf(draft, name, raw) };
}

function timeoutOf(draft: Draft, name: string, raw: RawOptions): number {
  const timeoutMs =
    raw.timeout === undefined ? defaultTimeoutMs : parseDuration(raw.timeout, `${draft.name}.${name}.timeout`);
  if (timeoutMs < 1) throw invalid(draft, name, 'has a timeout of nothing', 'wait at least 1ms');
  return timeoutMs;
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

/** The compiler refuses these too; a JavaScript author has only this. */
function checkCompensation(draft: Draft, name: string, raw: RawOptions, phase: Phase): void {
  if (phase === 'compensatable' && raw.compensate === undefined) {
    throw invalid(draft, name, 'does not say how it is undone', "give 'compensate', or say 'nothing to undo'");
  }
  if (phase !== 'compensatable' && raw.compensate !== undefined) {
    throw invalid(
      draft,
      name,
      'is the pivot or after it and has a compensation',
      'drop it: from the pivot on steps are retried until they succeed',
    );
  }
  if (raw.compensate !== undefined && !isCompensation(raw.compensate)) {
    throw invalid(
      draft,
      name,
      `has the compensation ${JSON.stringify(raw.compensate)}`,
      "say 'nothing to undo' or give one",
    );
  }
}

function isCompensation(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return typeof given === 'function' || given === 'nothing to undo';
  const { command, with: carries } = given as { readonly command?: AnyCommand; readonly with?: unknown };
  return command?.kind === 'command' && typeof carries === 'function';
}

function checkHead(name: string, version: number, input: StandardSchemaV1): void {
  const fields = { saga: name, version };
  if (!sagaName.test(name)) {
    throw new SagaError('DEFINITION_INVALID', `${JSON.stringify(name)} is not a saga name`, {
      fields,
      hint: 'use letters, digits, _, . and -, beginning with a letter, at most 128',
    });
  }
  if (!Number.isInteger(version) || version < 1 || version > 2_147_483_647) {
    throw new SagaError('DEFINITION_INVALID', `version of saga '${name}' is ${JSON.stringify(version)}`, {
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

function invalid(draft: Draft, step: string, what: string, hint: string): SagaError {
  return new SagaError('DEFINITION_INVALID', `step '${step}' of saga '${draft.name}' ${what}`, {
    fields: { saga: draft.name, step },
    hint,
  });
}
