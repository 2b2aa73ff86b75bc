import type { Sql } from '@backstitch/postgres';
import type { StartKeyAnswer, StartKeyClaim } from '../engine/saga-store.js';
import { requireStorable } from './storable-text.js';
import { withLockTimeout } from './with-lock-timeout.js';

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
  { table, lockTimeoutMs }: ClaimStartKeyOptions,
): Promise<StartKeyAnswer> {
  const { saga, fingerprint, sagaId } = claim;
  const key = requireStorable(claim.key, { code: 'INPUT_INVALID', field: 'key', maxLength: 512 });
  const inserted = await withLockTimeout(sql, lockTimeoutMs, () =>
    sql.query(insertSql(table), [saga, key, fingerprint, sagaId]),
  );
  if (inserted.kind === 'busy') return inserted;
  if (inserted.value.rowCount > 0) return { kind: 'claimed' };
  // A second statement: the insert's snapshot is older than the commit of the rival that it waited for.
  const { rows } = await sql.query<{ saga_id: string; fingerprint: string }>(readSql(table), [saga, key]);
  const [taken] = rows;
  // Pruned between the two statements: whoever tries again will get it.
  return taken === undefined
    ? { kind: 'busy' }
    : { kind: 'taken', sagaId: taken.saga_id, fingerprint: taken.fingerprint };
}
