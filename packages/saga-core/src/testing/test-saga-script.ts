import type { AnyCommand } from '@backstitch/messaging';
import type { Failure } from '../definition/step-context.js';
import type {
  CallStepDefinition,
  ChildStepDefinition,
  EachStepDefinition,
  InvokeStepDefinition,
  LocalStepDefinition,
  SagaDefinition,
  WaitStepDefinition,
} from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { Correction, Resolution } from '../machine/saga-input.js';
import type { Participant } from '../participant/participant.js';
import type { Reaction, React, Wait } from './test-saga-reaction.js';

/** An operator's word in a test. */
export type TestVerb = (
  | { readonly kind: 'cancel' | 'pause' | 'resume' }
  | { readonly kind: 'compensate'; readonly code?: string }
  | { readonly kind: 'retry'; readonly correction?: Correction }
  | { readonly kind: 'skip'; readonly step: string; readonly output?: unknown }
  | { readonly kind: 'resolve'; readonly step: string; readonly outcome: Resolution }
) & {
  /** Default `test`. */
  readonly actor?: string;
  /** Default `test`. */
  readonly reason?: string;
};

/** What a stub of a local step is told. `steps` holds the outputs so far. */
export interface StubContext<Input, Outputs> {
  readonly sagaId: string;
  readonly input: Input;
  readonly steps: Partial<Outputs>;
  /** From 1. */
  readonly attempt: number;
}
export interface StubUndoContext<Input, Outputs, Output> extends StubContext<Input, Outputs> {
  readonly output: Output;
  readonly failure: Failure;
}

export interface TestSagaOptions {
  /** Handed to local steps without a stub and to handlers, which then run for real. Savepoints are not made: a decline does not roll back. */
  readonly trx?: unknown;
  /** Their handlers answer the commands that no `when` speaks of. */
  readonly participants?: readonly Participant[];
  /** Default `saga-1`. Backoff's jitter depends on it. */
  readonly sagaId?: string;
  /** A run that takes more inputs than this is an error. Default 5,000. */
  readonly maxInputs?: number;
}

/** Everything a test said, with types erased. */
export interface Script {
  readonly definition: SagaDefinition;
  readonly options: TestSagaOptions;
  readonly input: { readonly value: unknown } | null;
  readonly locals: ReadonlyMap<string, LocalStubs>;
  readonly reactions: ReadonlyMap<string, Reaction<AnyCommand> | React<AnyCommand>>;
  readonly children: ReadonlyMap<string, ChildStub<unknown> | ((input: unknown) => ChildStub<unknown>)>;
  readonly verbs: readonly { readonly atMs: number; readonly verb: TestVerb }[];
  readonly signals: readonly { readonly atMs: number; readonly step: string; readonly body: unknown }[];
}

/** What becomes of a child. Told to turn back, it is undone at once. */
export type ChildStub<Output> =
  | { readonly output: Output; readonly after?: Wait }
  /** It undoes itself, and that is why. */
  | { readonly compensated: { readonly code: string; readonly message?: string }; readonly after?: Wait };

export interface LocalStubs {
  readonly run: unknown;
  readonly undo: ((context: StubUndoContext<unknown, unknown, unknown>) => unknown) | null;
}

/** A step whose function is the author's own: what a stub may stand for. */
export function functionStepOf(definition: SagaDefinition, name: string): LocalStepDefinition | CallStepDefinition {
  const step = definition.steps.get(name);
  if (step?.kind === 'local' || step?.kind === 'call') return step;
  const known = [...definition.steps.values()]
    .filter(({ kind }) => kind === 'local' || kind === 'call')
    .map((each) => each.name);
  const isRemote = step?.kind === 'invoke' || step?.kind === 'each';
  const kind = isRemote ? 'remote' : step?.kind === 'child' ? 'child' : 'waiting';
  const what = step === undefined ? 'no step' : `a ${kind} step, which runs no function of yours,`;
  throw new SagaError('OPTION_INVALID', `saga '${definition.name}' has ${what} '${name}'`, {
    fields: { saga: definition.name, step: name },
    hint: isRemote
      ? 'say what its command does: .when(command, …)'
      : `its local and call steps are ${known.join(', ') || 'none'}`,
  });
}

/** What a signal must be like, and whether anybody waits for it. */
export function waitStepOf(definition: SagaDefinition, name: string): WaitStepDefinition {
  const step = definition.steps.get(name);
  if (step?.kind === 'wait') return step;
  throw new SagaError('OPTION_INVALID', `saga '${definition.name}' has no step '${name}' that waits for a signal`, {
    fields: { saga: definition.name, step: name },
    hint: 'name a waitFor step',
  });
}

/** The child that a stub may stand for. */
export function childStepOf(definition: SagaDefinition, name: string): ChildStepDefinition {
  const step = definition.steps.get(name);
  if (step?.kind === 'child') return step;
  throw new SagaError('OPTION_INVALID', `saga '${definition.name}' has no child '${name}'`, {
    fields: { saga: definition.name, step: name },
    hint: 'name a child step',
  });
}

/** Every command that the saga may send, undos included, by name. */
export function commandsIn(definition: SagaDefinition): ReadonlyMap<string, AnyCommand> {
  const steps = [...definition.steps.values()].filter(
    (step): step is InvokeStepDefinition | EachStepDefinition => step.kind === 'invoke' || step.kind === 'each',
  );
  const commands = steps.flatMap(({ command, compensate }) =>
    compensate === null ? [command] : [command, compensate.command],
  );
  return new Map(commands.map((command) => [command.name, command]));
}

export function checkCommand(definition: SagaDefinition, command: AnyCommand): void {
  const known = commandsIn(definition);
  if (known.has(command?.name)) return;
  throw new SagaError('OPTION_INVALID', `saga '${definition.name}' does not send '${command?.name}'`, {
    fields: { saga: definition.name, command: command?.name },
    hint: `it sends ${[...known.keys()].join(', ') || 'no commands'}`,
  });
}
