import { type Sql, savepoint, sqlState } from '@backstitch/postgres';
import type { StartKeyAnswer, StartKeyClaim } from '../engine/saga-store.js';
import { requireStorable } from './storable-text.js';

const lockNotAvailable = '55P03';

const setTimeoutSql = `
with before as materialized (select current_setting('lock_timeout') as value)
select value as before, set_config('lock_timeout', $1, true) from before`;

const insertSql = (table: string): string => `
insert into ${table} (saga, key, fingerprint, saga_id) values ($1, $2, $3, $4) on conflict (saga, key) do nothing`;

const readSql = (table: string): string => `select saga_id, fingerprint from ${table} where saga = $1 and key = $2`;

export interface ClaimStartKeyOptions {
  readonly table: string;
  readonly lockTimeoutMs: number;
}

/** Claims a start key, waiting for a rival's transaction at most `lockTimeoutMs`. The transaction stays usable whatever the answer. */
export async function claimStartKey(
  sql: Sql,
  claim: StartKeyClaim,
  options: ClaimStartKeyOptions,
): Promise<StartKeyAnswer> {
  const { saga, fingerprint, sagaId } = claim;
  const key = requireStorable(claim.key, { code: 'INPUT_INVALID', field: 'key', maxLength: 512 });
  try {
    const inserted = await savepoint(sql, async () => {
      // Put back by hand where it succeeds, and by the savepoint's end where it fails: the caller's own statements keep the caller's limit.
      const { rows } = await sql.query<{ before: string }>(setTimeoutSql, [`${options.lockTimeoutMs}ms`]);
      const { rowCount } = await sql.query(insertSql(options.table), [saga, key, fingerprint, sagaId]);
      await sql.query(`select set_config('lock_timeout', $1, true)`, [rows[0]?.before ?? '0']);
      return rowCount > 0;
    });
    if (inserted) return { kind: 'claimed' };
  } catch (error) {
    if (sqlState(error) === lockNotAvailable) return { kind: 'busy' };
    throw error;
  }
  // A second statement: the insert's snapshot is older than the commit of the rival that it waited for.
  const { rows } = await sql.query<{ saga_id: string; fingerprint: string }>(readSql(options.table), [saga, key]);
  const [taken] = rows;
  // Pruned between the two statements: whoever tries again will get it.
  return taken === undefined
    ? { kind: 'busy' }
    : { kind: 'taken', sagaId: taken.saga_id, fingerprint: taken.fingerprint };
}
