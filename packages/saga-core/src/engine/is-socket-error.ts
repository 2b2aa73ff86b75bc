/**
 * An error of some connection, by node's code (`ECONNREFUSED`, `ETIMEDOUT`). Thrown by the author's code it says nothing about our database: it
 * may as well come from an HTTP call. If it is the database's after all, the next statement says so.
 */
export function isSocketError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && /^E[A-Z_]{3,}$/.test(error.code);
}
