import { type Sql, savepoint, sqlState } from '@backstitch/postgres';

const lockNotAvailable = '55P03';

const setTimeoutSql = `
with before as materialized (select current_setting('lock_timeout') as value)
select value as before, set_config('lock_timeout', $1, true) from before`;

/** Runs statements that wait for a lock at most `lockTimeoutMs`. The transaction stays usable, and its own limit as it was, whatever comes of it. */
export async function withLockTimeout<T>(
  sql: Sql,
  lockTimeoutMs: number,
  work: () => Promise<T>,
): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'busy' }> {
  try {
    const value = await savepoint(sql, async () => {
      // Put back by hand where it succeeds, and by the savepoint's end where it fails: the caller's own statements keep the caller's limit.
      const { rows } = await sql.query<{ before: string }>(setTimeoutSql, [`${lockTimeoutMs}ms`]);
      const found = await work();
      await sql.query(`select set_config('lock_timeout', $1, true)`, [rows[0]?.before ?? '0']);
      return found;
    });
    return { kind: 'done', value };
  } catch (error) {
    if (sqlState(error) === lockNotAvailable) return { kind: 'busy' };
    throw error;
  }
}
