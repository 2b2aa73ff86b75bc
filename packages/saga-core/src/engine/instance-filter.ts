import { foundText } from '@backstitch/messaging';
import { createHash } from 'node:crypto';
import { type Duration, parseDuration } from '../definition/duration.js';
import { SagaError } from '../errors.js';
import { type SagaStatus, sagaStatuses } from '../machine/instance.js';

/** Which instances are meant: those that fit everything that is given. Times are the database's, as a `Date` or in milliseconds. */
export interface InstanceFilter {
  /** One status, or any of several. */
  readonly status?: SagaStatus | readonly SagaStatus[];
  readonly paused?: boolean;
  readonly saga?: string;
  readonly version?: number;
  /** Has this very tag, with this very value. */
  readonly tag?: { readonly name: string; readonly value: string };
  /** The idempotency key of its start. */
  readonly startKey?: string;
  /** Created at this moment or later. */
  readonly createdAfter?: Date | number;
  readonly createdBefore?: Date | number;
  /** Last saved before this moment. */
  readonly updatedBefore?: Date | number;
  /** Not saved for at least so long, by the database's clock. */
  readonly idleFor?: Duration;
  /**
   * A part of the id, the start key, a tag's value, or the code or message it is parked or was undone for. The case of the letters A to Z does
   * not count. Payloads, step names and the names of tags are not looked through.
   */
  readonly text?: string;
}

/** A filter as the stores read it: checked, and each thing said in one way. */
export interface CheckedFilter {
  readonly statuses?: readonly SagaStatus[];
  readonly paused?: boolean;
  readonly saga?: string;
  readonly version?: number;
  readonly tag?: { readonly name: string; readonly value: string };
  readonly startKey?: string;
  readonly createdAfter?: number;
  readonly createdBefore?: number;
  readonly updatedBefore?: number;
  readonly idleForMs?: number;
  /** In small letters, as far as they are A to Z. */
  readonly text?: string;
}

const known: readonly (keyof InstanceFilter)[] = [
  ...(['status', 'paused', 'saga', 'version', 'tag', 'startKey'] as const),
  ...(['createdAfter', 'createdBefore', 'updatedBefore', 'idleFor', 'text'] as const),
];
const unstorable = /[\p{Cc}\p{Surrogate}]/u;
const longestText = 200;

/** Throws `FILTER_INVALID` naming the field, or `DURATION_INVALID`. */
export function checkFilter(filter: InstanceFilter): CheckedFilter {
  const unknown = Object.keys(filter).find((field) => !(known as readonly string[]).includes(field));
  // A field that is misspelt would make the filter wider than it was meant.
  if (unknown !== undefined) throw invalid(unknown, undefined, `it may have ${known.join(', ')}`);
  const { status, paused, saga, version, tag, startKey, idleFor, text } = filter;
  return {
    ...(status === undefined ? {} : { statuses: checkStatuses(status) }),
    ...(paused === undefined ? {} : { paused: checkFlag('paused', paused) }),
    ...(saga === undefined ? {} : { saga: checkText('saga', saga, longestText) }),
    ...(version === undefined ? {} : { version: checkVersion(version) }),
    ...(tag === undefined ? {} : { tag: checkTag(tag) }),
    ...(startKey === undefined ? {} : { startKey: checkText('startKey', startKey, 512) }),
    ...time(filter, 'createdAfter'),
    ...time(filter, 'createdBefore'),
    ...time(filter, 'updatedBefore'),
    ...(idleFor === undefined ? {} : { idleForMs: parseDuration(idleFor, 'idleFor') }),
    ...(text === undefined ? {} : { text: smallLetters(checkText('text', text, longestText)) }),
  };
}

/** A to Z only: what else is a capital depends on a locale, and Postgres and this process may have different ones. */
export function smallLetters(text: string): string {
  return text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

export function isEmptyFilter(filter: CheckedFilter): boolean {
  return Object.keys(filter).length === 0;
}

/** The same for the same filter. */
export function filterFingerprint(filter: CheckedFilter): string {
  const fields = Object.entries(filter).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64url').slice(0, 12);
}

function checkStatuses(status: SagaStatus | readonly SagaStatus[]): readonly SagaStatus[] {
  const given: readonly unknown[] = typeof status === 'string' ? [status] : status;
  const isStatus = (each: unknown): each is SagaStatus => (sagaStatuses as readonly unknown[]).includes(each);
  if (!Array.isArray(given) || given.length === 0 || !given.every(isStatus)) {
    throw invalid('status', status, `give one or several of ${sagaStatuses.join(', ')}`);
  }
  return sagaStatuses.filter((each) => given.includes(each));
}

function checkFlag(field: string, found: unknown): boolean {
  if (typeof found === 'boolean') return found;
  throw invalid(field, found, 'give true or false');
}

function checkVersion(found: unknown): number {
  if (typeof found === 'number' && Number.isInteger(found) && found > 0 && found < 2 ** 31) return found;
  throw invalid('version', found, 'give a whole number from 1');
}

function checkText(field: string, found: unknown, longest: number): string {
  if (typeof found === 'string' && found.length > 0 && found.length <= longest && !unstorable.test(found)) return found;
  throw invalid(field, found, `give 1 to ${longest} characters, without control characters`);
}

function checkTag(tag: { readonly name: string; readonly value: string }): { name: string; value: string } {
  const name = checkText('tag.name', tag.name, longestText);
  const { value } = tag;
  if (typeof value === 'string' && value.length <= 2_000 && !/\0|\p{Surrogate}/u.test(value)) return { name, value };
  throw invalid('tag.value', value, 'give the whole value, at most 2000 characters');
}

function time(
  filter: InstanceFilter,
  field: 'createdAfter' | 'createdBefore' | 'updatedBefore',
): Readonly<Partial<Record<typeof field, number>>> {
  const given = filter[field];
  if (given === undefined) return {};
  const ms = given instanceof Date ? given.getTime() : given;
  // From 1970 to 9999: what Postgres and `Date` both can hold.
  if (!Number.isInteger(ms) || ms < 0 || ms > 253_402_300_799_999) {
    throw invalid(field, given, 'give a Date, or whole milliseconds since 1970');
  }
  return { [field]: ms };
}

function invalid(field: string, value: unknown, hint: string): SagaError {
  const shown = typeof value === 'string' ? value.slice(0, 300) : value;
  return new SagaError('FILTER_INVALID', `the filter's '${field}' is not usable: ${foundText(shown)}`, {
    fields: { field, value: shown },
    hint,
  });
}
