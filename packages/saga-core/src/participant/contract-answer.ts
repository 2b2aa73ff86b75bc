import { type AnyCommand, encodeJson, type Violation, validate, violationsText } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import type { Declined } from './handler.js';
import type { Answer } from './reply-message.js';

/** Throws `CONTRACT_BROKEN` where the contract says otherwise. Where it says that nothing is answered, nothing is. */
export function succeededAnswer(contract: AnyCommand, output: unknown): Answer {
  const schema = contract.spec.reply;
  if (schema === undefined) return { outcome: 'succeeded', dataJson: 'null' };
  const checked = validate(schema, output);
  if (checked.kind === 'invalid') throw contractBroken(`what '${contract.name}' answers`, checked.violations);
  // What was given is sent as it is: the orchestrator reads it by the same schema, and a transform must not be applied twice.
  return { outcome: 'succeeded', dataJson: encodeJson(output, { what: `reply of '${contract.name}'` }) };
}

/** Throws `CONTRACT_BROKEN` where the contract does not declare this refusal. */
export function declinedAnswer(contract: AnyCommand, { code, detail }: Declined): Answer {
  const schema = contract.spec.errors?.[code];
  if (schema === undefined) {
    throw new SagaError('CONTRACT_BROKEN', `'${contract.name}' does not declare the refusal '${code}'`, {
      fields: { command: contract.name, code, declared: Object.keys(contract.spec.errors ?? {}) },
      hint: "declare it under 'errors' in the contract",
    });
  }
  const checked = validate(schema, detail);
  if (checked.kind === 'invalid')
    throw contractBroken(`the detail of '${contract.name}' declining with '${code}'`, checked.violations);
  const dataJson = detail === undefined ? 'null' : encodeJson(detail, { what: `detail of '${contract.name}' ${code}` });
  return { outcome: 'declined', code, message: code, dataJson };
}

export function contractBroken(what: string, violations: readonly Violation[]): SagaError {
  const said = violationsText(violations);
  return new SagaError('CONTRACT_BROKEN', `${what} breaks its contract: ${said}`, {
    fields: { violations },
    hint: 'make both sides use the same contract',
  });
}
