import {
  type AnyCommand,
  encodeJson,
  type MessagingError,
  type Violation,
  validate,
  violationsText,
} from '@backstitch/messaging';
import type { AuthorContext, SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import type { SagaErrorCode } from '../errors.js';
import type { Draft } from './draft.js';
import type { Folded } from './evolve.js';
import { type SagaInstance, type StepStatus, stepStateOf } from './instance.js';
import { copyJson } from './copy-json.js';
import { itemKey } from './unit.js';
import { thrownMessage } from '../thrown-message.js';

/** What an author's function answered, or why it cannot be used: then the instance is parked and nothing is sent. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: SagaErrorCode | MessagingError['code']; readonly message: string };

export function contextOf({ definition, instance, folded }: Draft): AuthorContext {
  return authorContext(definition, { ...instance, state: folded.state, bodies: folded.bodies });
}

/** What each of the author's functions sees. All of it is the author's own: copied when it is looked at, because most look at little. */
export function authorContext(definition: SagaDefinition, instance: SagaInstance): AuthorContext {
  let input: { readonly value: unknown } | undefined;
  let steps: AuthorContext['steps'] | undefined;
  return {
    sagaId: instance.id,
    get input() {
      input ??= { value: copyJson(instance.input) };
      return input.value;
    },
    get steps() {
      steps ??= outputsOf(definition, instance);
      return steps;
    },
  };
}

/** The outputs that later steps read, on a null prototype: steps may be called `constructor`. A skipped step has one only by an operator's word. */
export function outputsOf(
  definition: SagaDefinition,
  { state, bodies }: Pick<SagaInstance, 'state' | 'bodies'>,
): Readonly<Record<string, unknown>> {
  const outputs: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const step of definition.steps.values()) {
    if (!hasOutput.includes(stepStateOf(state, step.name).status)) continue;
    if (step.kind === 'each') outputWhenAsked(outputs, step.name, () => copyJson(outputOf(step, bodies)));
    else outputs[step.name] = copyJson(outputOf(step, bodies));
  }
  return outputs;
}

/** That of a list is as long as the list: an item of another one that does not look at it must not pay for it. */
function outputWhenAsked(outputs: Record<string, unknown>, name: string, ask: () => unknown): void {
  let asked: { readonly value: unknown } | undefined;
  Object.defineProperty(outputs, name, {
    enumerable: true,
    get() {
      asked ??= { value: ask() };
      return asked.value;
    },
  });
}

const hasOutput: readonly StepStatus[] = ['succeeded', 'skipped', 'compensating', 'compensated', 'notCompensated'];

/** What a step answered; of a fan-out its items' answers, in the list's order, unless an operator gave one for the whole. */
export function outputOf(step: StepDefinition, bodies: SagaInstance['bodies']): unknown {
  const own = bodies[step.name];
  if (step.kind !== 'each' || own?.items === undefined || own.output !== undefined) return own?.output;
  return own.items.map((_, index) => bodies[itemKey(step.name, index)]?.output);
}

/** What a completed saga answers: what `output` made of it, or else its steps' outputs. */
export function sagaOutputOf(
  definition: SagaDefinition,
  { bodies, output }: Pick<Folded, 'bodies' | 'output'>,
): unknown {
  if (definition.output !== null) return output;
  const outputs = [...definition.steps.values()].map((step) => [step.name, outputOf(step, bodies)] as const);
  return Object.fromEntries(outputs.filter(([, each]) => each !== undefined));
}

/**
 * Calls a pure function of the author's, once. `what` names it in the error. A promise is no answer: an async `when` would always be true, and
 * what it rejects with would end the process.
 */
export function ask<T>(call: () => T, what: string): Answer<T> {
  try {
    const value = call();
    if (!isThenable(value)) return { kind: 'answered', value };
    value.then(undefined, () => undefined);
    return { kind: 'refused', code: 'AUTHOR_CODE_FAILED', message: `${what} answered a promise: it must not be async` };
  } catch (error) {
    return {
      kind: 'refused',
      code: 'AUTHOR_CODE_FAILED',
      message: `${what} threw: ${thrownMessage(error)}`,
    };
  }
}

/** What a command carries: the author's answer, if the command's contract takes it and JSON can hold it. */
export function askForPayload(call: () => unknown, command: AnyCommand, what: string): Answer<unknown> {
  const answer = ask(call, what);
  if (answer.kind === 'refused') return answer;
  const checked = ask(() => {
    encodeJson(answer.value, { what });
    return validate(command.spec.request, answer.value);
  }, what);
  if (checked.kind === 'refused') return checked;
  return checked.value.kind === 'valid' ? answer : broken(checked.value.violations, what, command.name);
}

/** A child's input: what the child's own schema makes of the author's answer, as at any other start. */
export function askForInput(call: () => unknown, child: SagaDefinition, what: string): Answer<unknown> {
  const answer = ask(call, what);
  if (answer.kind === 'refused') return answer;
  const checked = ask(() => {
    const validated = validate(child.input, answer.value);
    if (validated.kind === 'valid') encodeJson(validated.value, { what });
    return validated;
  }, what);
  if (checked.kind === 'refused') return checked;
  return checked.value.kind === 'valid'
    ? { kind: 'answered', value: checked.value.value }
    : broken(checked.value.violations, what, child.name);
}

function broken(found: readonly Violation[], what: string, target: string): Answer<never> {
  const violations = violationsText(found);
  return { kind: 'refused', code: 'CONTRACT_BROKEN', message: `${what} does not fit '${target}': ${violations}` };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
