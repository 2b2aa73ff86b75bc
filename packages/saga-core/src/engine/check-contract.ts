import { encodeJson, type ReplyEnvelope, type Violation, validate, violationsText } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { EachStepDefinition, SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import { keyOf, splitKey } from '../machine/unit.js';
import type { RepliedInput, SagaInput } from '../machine/saga-input.js';
import { thrownMessage } from '../thrown-message.js';

/** A reply as an input, before anybody looked at its body: that needs the definition, which this process may lack. */
export function replyInput(envelope: ReplyEnvelope): RepliedInput {
  const { round, direction, attempt, source: from } = envelope;
  return { kind: 'replied', step: keyOf(envelope), round, direction, attempt, from, outcome: outcomeOf(envelope) };
}

function outcomeOf({ outcome, data, code, message }: ReplyEnvelope): RepliedInput['outcome'] {
  const said = { code: code ?? outcome, message: message ?? '' };
  switch (outcome) {
    case 'succeeded':
      return data === null || data === undefined ? { kind: 'succeeded' } : { kind: 'succeeded', output: data };
    case 'declined':
      return data === null || data === undefined
        ? { kind: 'declined', ...said }
        : { kind: 'declined', ...said, detail: data };
    case 'failed':
      return { kind: 'failed', ...said };
    case 'accepted':
      return { kind: 'accepted' };
    default:
      return outcome satisfies never;
  }
}

/**
 * Holds a success against the command's contract. What breaks it did take effect all the same: the outcome says so and keeps the body as
 * evidence. What the schema makes of a good body (defaults, transforms) is what later steps read.
 */
export function checkContract(definition: SagaDefinition, input: SagaInput): SagaInput {
  if (input.kind !== 'replied' || input.direction !== 'do' || input.outcome.kind !== 'succeeded') return input;
  const step = definition.steps.get(splitKey(input.step).step);
  const schema = step?.kind === 'invoke' || step?.kind === 'each' ? step.command.spec.reply : undefined;
  if (schema === undefined) return { ...input, outcome: { kind: 'succeeded' } };
  const body = input.outcome.output ?? null;
  const checked = checkReply(schema, body, `reply to '${input.step}'`);
  if (checked.kind === 'valid') return { ...input, outcome: { kind: 'succeeded', output: checked.value } };
  const message = `the reply to '${input.step}' breaks its contract: ${checked.reason}`;
  return { ...input, outcome: { kind: 'contractBroken', message, body } };
}

/** A schema is the author's code: on a body from outside it may throw, or make of it what JSON cannot hold and the journal would lose. */
function checkReply(
  schema: StandardSchemaV1,
  body: unknown,
  what: string,
): { readonly kind: 'valid'; readonly value: unknown } | { readonly kind: 'broken'; readonly reason: string } {
  try {
    const checked = validate(schema, body);
    if (checked.kind === 'invalid') {
      return { kind: 'broken', reason: violationsText(checked.violations) };
    }
    encodeJson(checked.value, { what });
    return checked;
  } catch (error) {
    return { kind: 'broken', reason: `its schema threw: ${thrownMessage(error)}` };
  }
}

/** Holds what an operator says a step answered against that step's own contract. Throws `INPUT_INVALID` naming the violations. */
export function checkOutput(definition: SagaDefinition, key: string, output: unknown): void {
  if (output !== undefined) encodeJson(output, { what: `output of step '${key}'` });
  const { step: name, item } = splitKey(key);
  const step = definition.steps.get(name);
  const found =
    step?.kind === 'each' && item === null ? violationsOfList(step, output) : violationsOf(schemaOf(step), output);
  if (found.length === 0) return;
  const violations = violationsText(found);
  throw new SagaError('INPUT_INVALID', `this output does not fit step '${key}': ${violations}`, {
    fields: { saga: definition.name, step: key, violations: found },
    hint: 'give what the step itself would have answered',
  });
}

function schemaOf(step: StepDefinition | undefined): StandardSchemaV1 | undefined {
  if (step?.kind === 'wait') return step.signal;
  return step?.kind === 'invoke' || step?.kind === 'each' ? step.command.spec.reply : undefined;
}

function violationsOf(schema: StandardSchemaV1 | undefined, output: unknown): readonly Violation[] {
  const checked = schema === undefined ? undefined : validate(schema, output);
  return checked?.kind === 'invalid' ? checked.violations : [];
}

/** A fan-out answers one output an item. */
function violationsOfList(step: EachStepDefinition, output: unknown): readonly Violation[] {
  if (!Array.isArray(output)) return [{ path: '', message: "is not a list of the items' outputs" }];
  return output.flatMap((each: unknown, index) =>
    violationsOf(step.command.spec.reply, each).map(({ path, message }) => ({ path: `/${index}${path}`, message })),
  );
}
