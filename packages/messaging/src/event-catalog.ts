import { foundText } from './found-text.js';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { compileJsonSchema } from './compile-json-schema.js';
import { MessagingError } from './errors.js';
import { violationMessage } from './json-schema.js';
import { decodeJson } from './json-text.js';
import type { Violation } from './standard-schema.js';

/** One type of domain event. */
export interface EventSpec {
  /** Of the payload's shape: a whole number from 1, raised by a change that old consumers do not understand. */
  readonly version: number;
  /** JSON Schema, draft 2020-12. */
  readonly schema: object;
}

export interface EventValidation {
  readonly valid: boolean;
  /** Every violation, not only the first. Empty where it is valid. */
  readonly errors: readonly Violation[];
}

/** The domain events that a service publishes or reads. */
export interface EventCatalog<Type extends string = string> {
  readonly types: readonly Type[];
  /** Undefined for a type that is not in the catalog. */
  versionOf(type: string): number | undefined;
  /**
   * Checks a payload, given as a value or as JSON text. A type that is not in the catalog and text that is not JSON are violations too.
   * Never throws.
   */
  validate(type: string, payload: unknown): EventValidation;
}

interface Entry {
  readonly version: number;
  readonly check: ValidateFunction;
}

const typePattern = /^[A-Za-z][A-Za-z0-9_.-]*$/;
const longestType = 128;

/**
 *     const events = eventCatalog({ OrderConfirmed: { version: 1, schema: { type: 'object', required: ['orderId'], … } } });
 *     events.validate('OrderConfirmed', {}).errors   // [{ path: '', message: "must have required property 'orderId'" }]
 *
 * @throws MessagingError OPTIONS_INVALID for a type's name or version, SCHEMA_INVALID for its schema.
 */
export function eventCatalog<const Type extends string>(events: Readonly<Record<Type, EventSpec>>): EventCatalog<Type> {
  // A map: `validate('__proto__', …)` must find nothing.
  const entries = new Map<string, Entry>();
  for (const [type, { version, schema }] of Object.entries<EventSpec>(events)) {
    if (!typePattern.test(type) || type.length > longestType) {
      throw invalid(
        'type',
        type,
        `Use a letter, then letters, digits, ".", "_" or "-", ${longestType} characters at most.`,
      );
    }
    if (!Number.isSafeInteger(version) || version < 1)
      throw invalid(`${type}.version`, version, 'Give a whole number from 1.');
    entries.set(type, { version, check: compileJsonSchema(schema, 'all') });
  }
  return {
    types: Object.keys(events) as Type[],
    versionOf: (type) => entries.get(type)?.version,
    validate(type, payload) {
      const entry = entries.get(type);
      if (!entry) return broken({ path: '', message: `unknown event type "${type}"` });
      if (typeof payload !== 'string') return checked(entry.check, payload);
      const decoded = decodeJson(payload, { what: 'the payload' });
      return decoded.kind === 'ok'
        ? checked(entry.check, decoded.value)
        : broken({ path: '', message: decoded.reason });
    },
  };
}

function checked(check: ValidateFunction, value: unknown): EventValidation {
  if (check(value)) return { valid: true, errors: [] };
  return broken(...(check.errors ?? []).map(violationOf));
}

function violationOf(error: ErrorObject): Violation {
  return { path: error.instancePath, message: violationMessage(error) };
}

function broken(...errors: readonly Violation[]): EventValidation {
  return { valid: false, errors };
}

function invalid(field: string, found: unknown, hint: string): MessagingError {
  return new MessagingError('OPTIONS_INVALID', `event catalog: ${field} is ${foundText(found)}`, {
    fields: { field, found },
    hint,
  });
}
