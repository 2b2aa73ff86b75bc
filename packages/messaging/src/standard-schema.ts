import type { StandardSchemaV1 } from '@standard-schema/spec';
import { MessagingError } from './errors.js';
import { jsonPointer } from './json-pointer.js';

/** One way in which a value breaks its schema. */
export interface Violation {
  /** JSON pointer: `/items/0/qty`; empty for the value as a whole. */
  readonly path: string;
  readonly message: string;
}

/** For an error's message: `/items/0/qty is not a number; / …`. */
export function violationsText(violations: readonly Violation[]): string {
  return violations.map(({ path, message }) => `${path || '/'} ${message}`).join('; ');
}

export type Validated<T> =
  | { readonly kind: 'valid'; readonly value: T }
  | { readonly kind: 'invalid'; readonly violations: readonly Violation[] };

/** A hostile value may break its schema at every one of a hundred thousand places; nobody reads that many. */
const mostViolations = 100;

/**
 * Validates by any Standard Schema v1. The answered value is what the schema made of it (defaults, transforms).
 *
 * @throws MessagingError SCHEMA_ASYNC where the schema answers a promise: contracts are checked inside transactions and loops that cannot wait.
 */
export function validate<S extends StandardSchemaV1>(
  schema: S,
  value: unknown,
): Validated<StandardSchemaV1.InferOutput<S>> {
  const result = schema['~standard'].validate(value);
  if (isThenable(result)) {
    // Its rejection would otherwise end the process.
    result.then(undefined, () => undefined);
    throw new MessagingError('SCHEMA_ASYNC', 'the schema answered a promise', {
      fields: { vendor: schema['~standard'].vendor },
      hint: 'Take asynchronous checks and transforms out of the schema and do them in the handler.',
    });
  }
  if (result.issues) return { kind: 'invalid', violations: result.issues.slice(0, mostViolations).map(violationOf) };
  return { kind: 'valid', value: result.value as StandardSchemaV1.InferOutput<S> };
}

/** Arktype's schemas are functions, the others objects. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = Reflect.get(value, '~standard');
  return (
    typeof standard === 'object' &&
    standard !== null &&
    'validate' in standard &&
    typeof standard.validate === 'function'
  );
}

function violationOf(issue: StandardSchemaV1.Issue): Violation {
  const keys = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return { path: jsonPointer(keys), message: issue.message };
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
