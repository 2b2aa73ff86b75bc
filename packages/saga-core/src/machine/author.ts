import { type AnyCommand, encodeJson, type MessagingError, validate } from '@backstitch/messaging';
import type { AuthorContext, SagaDefinition } from '../definition/step-definition.js';
import type { SagaErrorCode } from '../errors.js';
import type { Draft } from './draft.js';
import { type SagaInstance, stepStateOf } from './instance.js';
import { thrownMessage } from '../thrown-message.js';

/** What an author's function answered, or why it cannot be used: then the instance is parked and nothing is sent. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: SagaErrorCode | MessagingError['code']; readonly message: string };

export function contextOf({ definition, instance, folded }: Draft): AuthorContext {
  return { sagaId: instance.id, input: instance.input, steps: outputsOf(definition, folded) };
}

/** The outputs that later steps read, on a null prototype: steps may be called `constructor`. A skipped step has one only by an operator's word. */
export function outputsOf(
  definition: SagaDefinition,
  { state, bodies }: Pick<SagaInstance, 'state' | 'bodies'>,
): Readonly<Record<string, unknown>> {
  const steps: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const name of definition.steps.keys()) {
    const { status } = stepStateOf(state, name);
    if (status === 'succeeded' || status === 'skipped' || status === 'compensating' || status === 'compensated')
      steps[name] = bodies[name]?.output;
  }
  return steps;
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
  if (checked.value.kind === 'valid') return answer;
  const violations = checked.value.violations.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
  return { kind: 'refused', code: 'CONTRACT_BROKEN', message: `${what} does not fit '${command.name}': ${violations}` };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
