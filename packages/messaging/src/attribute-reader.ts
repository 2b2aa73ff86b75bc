export type Attributes = Readonly<Record<string, unknown>>;

const namePattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
const timestampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const longestTimestamp = 40;
const largestInteger = 2_147_483_647;

/**
 * Reads attributes of a message from outside and remembers the first that is wrong. A wrong one answers a stand-in of the right type,
 * so that an envelope can be built in one expression; whoever built it looks at `problem` before using it.
 *
 * A class, because one is made for each message: closures in its place cost a microsecond each time.
 */
export class AttributeReader {
  readonly attributes: Attributes;
  problem: string | undefined;

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  reject(problem: string): void {
    this.problem ??= problem;
  }

  text(name: string, maxLength: number): string {
    const value = this.attributes[name];
    if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
    this.reject(
      typeof value === 'string'
        ? `${name} has ${value.length} characters, where 1 to ${maxLength} are allowed`
        : `${name} is ${kindOf(value)}, not text`,
    );
    return '';
  }

  optionalText(name: string, maxLength: number): string | undefined {
    return this.isAbsent(name) ? undefined : this.text(name, maxLength);
  }

  /** A letter, then letters, digits, `_`, `-`. */
  name(name: string, maxLength: number): string {
    const value = this.text(name, maxLength);
    if (!namePattern.test(value)) this.reject(`${name} is not a name`);
    return value;
  }

  /** From 0 to 2^31 - 1, the Integer of CloudEvents. */
  integer(name: string): number {
    const value = this.attributes[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= largestInteger) return value;
    this.reject(`${name} is ${kindOf(value)}, not a whole number from 0 to ${largestInteger}`);
    return 0;
  }

  optionalInteger(name: string): number | undefined {
    return this.isAbsent(name) ? undefined : this.integer(name);
  }

  /** `true`, or absent. */
  optionalTrue(name: string): true | undefined {
    if (this.isAbsent(name)) return undefined;
    if (this.attributes[name] !== true) this.reject(`${name} is not true`);
    return true;
  }

  /** RFC 3339. */
  timestamp(name: string): string {
    const value = this.text(name, longestTimestamp);
    if (!timestampPattern.test(value) || Number.isNaN(Date.parse(value)))
      this.reject(`${name} is not an RFC 3339 time`);
    return value;
  }

  oneOf<const T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
    const value = this.attributes[name];
    for (const choice of allowed) if (choice === value) return choice;
    this.reject(`${name} is none of ${allowed.join(', ')}`);
    return allowed[0];
  }

  private isAbsent(name: string): boolean {
    const value = this.attributes[name];
    return value === undefined || value === null;
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
