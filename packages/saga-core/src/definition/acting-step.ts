import { foundText, type AnyCommand } from '@backstitch/messaging';
import { type Duration, parseDuration } from './duration.js';
import { defaultRetry, foreverRetry, type RetryPolicy, resolveRetry } from './retry-policy.js';
import { acceptedTimeoutMs, heartbeatMs, type RawSilence } from './silence.js';
import type {
  CallStepDefinition,
  ChildStepDefinition,
  EachStepDefinition,
  InvokeStepDefinition,
  LocalStepDefinition,
  OnCompensationFailed,
  StepDefinition,
} from './step-definition.js';
import { type StepPlace, stepInvalid } from './step-place.js';

/** What an author may say of a step, before it is checked. */
export interface RawOptions extends RawSilence {
  readonly with?: unknown;
  readonly over?: unknown;
  readonly concurrency?: number;
  readonly compensate?: unknown;
  readonly retry?: RetryPolicy;
  readonly undoRetry?: RetryPolicy;
  readonly onCompensationFailed?: OnCompensationFailed;
  readonly timeout?: Duration;
  readonly when?: StepDefinition['when'];
}

/** A function is a local step, a command a remote one; the others say what they are. */
export type Action =
  | LocalStepDefinition['run']
  | AnyCommand
  | Pick<CallStepDefinition, 'kind' | 'run'>
  | Pick<EachStepDefinition, 'kind' | 'command'>
  | Pick<ChildStepDefinition, 'kind' | 'saga'>;

const defaultTimeoutMs = 30_000;
const defaultConcurrency = 10;
const maxConcurrency = 1_000;

/** A step that does something. The compiler refuses what is refused here too; a JavaScript author has only this. */
export function actingStep(place: StepPlace, action: Action, raw: RawOptions): StepDefinition {
  const common = commonOf(place, raw);
  if (typeof action === 'function') {
    checkCompensation(place, raw);
    return {
      ...common,
      kind: 'local',
      run: action,
      compensate: functionOf<LocalStepDefinition>(place, raw, 'is local'),
    };
  }
  switch (action?.kind) {
    case 'call':
      checkCompensation(place, raw);
      if (typeof action.run !== 'function') throw stepInvalid(place, 'calls no function', 'give the function to call');
      return {
        ...common,
        kind: 'call',
        run: action.run,
        compensate: functionOf<CallStepDefinition>(place, raw, 'is a call'),
        timeoutMs: timeoutOf(place, raw),
        heartbeatMs: heartbeatMs(raw, timeoutOf(place, raw), fieldOf(place)),
      };
    case 'command':
      checkCompensation(place, raw);
      return { ...common, ...remoteStep(place, action, raw), kind: 'invoke' };
    case 'each':
      checkCompensation(place, raw);
      return { ...common, ...eachStep(place, action.command, raw) };
    case 'child':
      return { ...common, ...childStep(place, action.saga, raw) };
    default:
      throw stepInvalid(place, 'runs neither a function nor a command', 'pass a command of a contract()');
  }
}

function commonOf({ saga, name, phase, stage }: StepPlace, raw: RawOptions) {
  const field = `${saga}.${name}`;
  const { onCompensationFailed = 'park' } = raw;
  if (onCompensationFailed !== 'park' && onCompensationFailed !== 'continue') {
    const given = foundText(onCompensationFailed);
    throw stepInvalid({ saga, name }, `has onCompensationFailed ${given}`, "give 'park' or 'continue'");
  }
  return {
    name,
    phase,
    stage,
    retry: resolveRetry(raw.retry, phase === 'compensatable' ? defaultRetry : foreverRetry, `${field}.retry`),
    undoRetry: resolveRetry(raw.undoRetry, foreverRetry, `${field}.undoRetry`),
    onCompensationFailed,
    when: raw.when ?? null,
  };
}

function remoteStep(place: StepPlace, command: AnyCommand, raw: RawOptions) {
  if (typeof raw.compensate === 'function')
    throw stepInvalid(place, 'is remote and has a function as its compensation', 'give { command, with }');
  const compensate = typeof raw.compensate === 'object' ? (raw.compensate as InvokeStepDefinition['compensate']) : null;
  if (command?.kind !== 'command')
    throw stepInvalid(place, 'runs neither a function nor a command', 'pass a command of a contract()');
  if (typeof raw.with !== 'function') throw stepInvalid(place, "has no 'with'", 'say what the command carries');
  if (compensate !== null && compensate.command.participant !== command.participant) {
    throw stepInvalid(
      place,
      `is undone by '${compensate.command.participant}', not by '${command.participant}'`,
      'undo at the same participant: its fence is in that database',
    );
  }
  const timeoutMs = timeoutOf(place, raw);
  return {
    command,
    with: raw.with as InvokeStepDefinition['with'],
    compensate,
    timeoutMs,
    acceptedTimeoutMs: acceptedTimeoutMs(raw, timeoutMs, fieldOf(place)),
  };
}

function eachStep(place: StepPlace, command: AnyCommand, raw: RawOptions) {
  const { over, concurrency = defaultConcurrency } = raw;
  if (place.phase === 'pivot')
    throw stepInvalid(place, 'is the pivot and a fan-out', 'a point of no return is one step, not many');
  if (typeof over !== 'function') throw stepInvalid(place, "has no 'over'", 'say which list it goes over');
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > maxConcurrency) {
    const given = foundText(concurrency);
    throw stepInvalid(place, `has the concurrency ${given}`, `give a whole number from 1 to ${maxConcurrency}`);
  }
  const { with: carries, compensate, ...remote } = remoteStep(place, command, raw);
  return {
    ...remote,
    kind: 'each' as const,
    concurrency,
    over: over as EachStepDefinition['over'],
    with: carries as EachStepDefinition['with'],
    compensate: compensate as EachStepDefinition['compensate'],
  };
}

function childStep(place: StepPlace, saga: ChildStepDefinition['saga'], raw: RawOptions) {
  if (!(saga?.steps instanceof Map) || typeof saga.hash !== 'string')
    throw stepInvalid(place, 'has no saga as its child', 'pass a finished saga: end its list with output() or build()');
  if (typeof raw.with !== 'function') throw stepInvalid(place, "has no 'with'", "say what the child's input is");
  if (raw.compensate !== undefined)
    throw stepInvalid(place, 'is a child and has a compensation', 'drop it: a child undoes itself');
  if (place.phase === 'pivot')
    throw stepInvalid(place, 'is the pivot and a child', 'put the pivot before it or inside it');
  const pivot = [...saga.steps.values()].find(({ phase }) => phase === 'pivot');
  if (place.phase === 'compensatable' && pivot !== undefined) {
    throw stepInvalid(
      place,
      `is the child '${saga.name}', whose pivot '${pivot.name}' comes before that of its parent`,
      'start it after the pivot: before it everything must be undone',
    );
  }
  return { kind: 'child' as const, saga, with: raw.with as ChildStepDefinition['with'], compensate: null };
}

function functionOf<Step extends LocalStepDefinition | CallStepDefinition>(
  place: StepPlace,
  { compensate }: RawOptions,
  what: string,
): Step['compensate'] {
  if (typeof compensate === 'object')
    throw stepInvalid(place, `${what} and has a command as its compensation`, 'give a function');
  return typeof compensate === 'function' ? (compensate as Step['compensate']) : null;
}

function fieldOf({ saga, name }: StepPlace): string {
  return `${saga}.${name}`;
}

function timeoutOf(place: StepPlace, { timeout }: RawOptions): number {
  const timeoutMs =
    timeout === undefined ? defaultTimeoutMs : parseDuration(timeout, `${place.saga}.${place.name}.timeout`);
  if (timeoutMs < 1) throw stepInvalid(place, 'has a timeout of nothing', 'wait at least 1ms');
  return timeoutMs;
}

function checkCompensation(place: StepPlace, { compensate }: RawOptions): void {
  if (place.phase === 'compensatable' && compensate === undefined)
    throw stepInvalid(place, 'does not say how it is undone', "give 'compensate', or say 'nothing to undo'");
  if (place.phase !== 'compensatable' && compensate !== undefined) {
    throw stepInvalid(
      place,
      'is the pivot or after it and has a compensation',
      'drop it: from the pivot on steps are retried until they succeed',
    );
  }
  if (compensate !== undefined && !isCompensation(compensate)) {
    const given = foundText(compensate);
    throw stepInvalid(place, `has the compensation ${given}`, "say 'nothing to undo' or give one");
  }
}

function isCompensation(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return typeof given === 'function' || given === 'nothing to undo';
  const { command, with: carries } = given as { readonly command?: AnyCommand; readonly with?: unknown };
  return command?.kind === 'command' && typeof carries === 'function';
}
