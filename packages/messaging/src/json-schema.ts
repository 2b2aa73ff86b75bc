import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ErrorObject } from 'ajv';
import { compileJsonSchema } from './compile-json-schema.js';

/**
 * A JSON Schema (draft 2020-12) as a Standard Schema, for contracts. The value is checked, never changed: no defaults, no coercion.
 * The first violation ends the check. `T` is what the author says the schema describes; nothing compares the two.
 *
 *     request: jsonSchema<{ orderId: string }>({ type: 'object', properties: { orderId: { type: 'string' } }, required: ['orderId'] })
 *
 * @throws MessagingError SCHEMA_INVALID where the schema is not one, or holds a keyword or format that nothing would check.
 */
export function jsonSchema<T = unknown>(schema: object): StandardSchemaV1<T> {
  const check = compileJsonSchema(schema, 'first');
  return {
    '~standard': {
      version: 1,
      vendor: 'backstitch-ajv',
      validate: (value) => (check(value) ? { value: value as T } : { issues: (check.errors ?? []).map(issueOf) }),
    },
  };
}

function issueOf(error: ErrorObject): StandardSchemaV1.Issue {
  // ajv answers a JSON pointer, Standard Schema wants its parts.
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { message: violationMessage(error), path };
}

/** ajv's message, with the name that it keeps to itself where a property is unknown. */
export function violationMessage(error: ErrorObject): string {
  const message = error.message ?? error.keyword;
  switch (error.keyword) {
    case 'additionalProperties':
      return `${message}: "${error.params['additionalProperty']}"`;
    case 'unevaluatedProperties':
      return `${message}: "${error.params['unevaluatedProperty']}"`;
    case 'enum':
      return `${message}: ${(error.params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`;
    case 'const':
      return `${message}: ${JSON.stringify(error.params['allowedValue'])}`;
    default:
      return message;
  }
}
