/**
 * An error of some connection, by node's code (`ECONNREFUSED`, `ETIMEDOUT`), as it or as a cause of it. Thrown by the author's code it says
 * nothing about our database: it may as well come from an HTTP call. If it was the database's after all, going back to the savepoint fails, and
 * the error is one of `@backstitch/postgres` that says so.
 */
export function isSocketError(error: unknown): boolean {
  for (let link = error, depth = 0; typeof link === 'object' && link !== null && depth < 10; depth += 1) {
    const { code, name, cause } = link as {
      readonly code?: unknown;
      readonly name?: unknown;
      readonly cause?: unknown;
    };
    if (name === 'PostgresError') return false;
    if (typeof code === 'string' && /^E[A-Z_]{3,}$/.test(code)) return true;
    link = cause;
  }
  return false;
}
