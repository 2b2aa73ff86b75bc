/** What Postgres would have refused, under its SQLSTATE: 23505 a duplicate, 23514 a failed check. */
export class MemoryConstraintError extends Error {
  override readonly name = 'MemoryConstraintError';
  readonly code: '23505' | '23514';
  readonly constraint: string;

  constructor(code: '23505' | '23514', constraint: string) {
    super(`the stored row would break ${constraint}`);
    this.code = code;
    this.constraint = constraint;
  }
}
