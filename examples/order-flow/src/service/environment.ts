/** A service cannot start because its environment does not say what it needs. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly code = 'ENVIRONMENT_INVALID';
}

/** A variable that has to be there. */
export function required(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw new EnvironmentError(`${name} is not set. Set it: the README says what each service reads.`);
}

export function optional(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

/** `PORT`, 0 for any free one. */
export function port(): number {
  const text = optional('PORT') ?? '0';
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new EnvironmentError(`PORT is "${text}". Give a whole number from 0 to 65535.`);
}
