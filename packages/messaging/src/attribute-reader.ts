/**
 * Reads attributes of a message from outside and remembers the first that is wrong. A wrong one answers a stand-in of the right type,
 * so that an envelope can be built in one expression; whoever built it asks for `problem()` before using it.
 */
export interface AttributeReader {
  text(name: string, maxLength: number): string;
  optionalText(name: string, maxLength: number): string | undefined;
  /** A letter, then letters, digits, `_`, `-`. */
  name(name: string, maxLength: number): string;
  /** From 0 to 2^31 - 1, the Integer of CloudEvents. */
  integer(name: string): number;
  optionalInteger(name: string): number | undefined;
  /** RFC 3339. */
  timestamp(name: string): string;
  oneOf<const T extends string>(name: string, allowed: readonly [T, ...T[]]): T;
  reject(problem: string): void;
  problem(): string | undefined;
}

export type Attributes = Readonly<Record<string, unknown>>;

const namePattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
const timestampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const largestInteger = 2_147_483_647;

export function createAttributeReader(attributes: Attributes): AttributeReader {
  let problem: string | undefined;
  const reject = (found: string): void => {
    problem ??= found;
  };
  const text = (name: string, maxLength: number): string => {
    const value = attributes[name];
    if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
    reject(typeof value === 'string' ? `${name} has ${value.length} characters, where 1 to ${maxLength} are allowed` : `${name} is ${kindOf(value)}, not text`);
    return '';
  };
  const integer = (name: string): number => {
    const value = attributes[name];
    if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= largestInteger) return value as number;
    reject(`${name} is ${kindOf(value)}, not a whole number from 0 to ${largestInteger}`);
    return 0;
  };
  const isAbsent = (name: string): boolean => attributes[name] === undefined || attributes[name] === null;

  return {
    text,
    optionalText: (name, maxLength) => (isAbsent(name) ? undefined : text(name, maxLength)),
    name(name, maxLength) {
      const value = text(name, maxLength);
      if (!namePattern.test(value)) reject(`${name} is not a name`);
      return value;
    },
    integer,
    optionalInteger: (name) => (isAbsent(name) ? undefined : integer(name)),
    timestamp(name) {
      const value = text(name, 40);
      if (!timestampPattern.test(value) || Number.isNaN(Date.parse(value))) reject(`${name} is not an RFC 3339 time`);
      return value;
    },
    oneOf(name, allowed) {
      const chosen = allowed.find((choice) => choice === attributes[name]);
      if (chosen === undefined) reject(`${name} is none of ${allowed.join(', ')}`);
      return chosen ?? allowed[0];
    },
    reject,
    problem: () => problem,
  };
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
