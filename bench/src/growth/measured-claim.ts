import { randomUUID } from 'node:crypto';
import { postgresOutboxStore, postgresOutboxTable } from '@backstitch/outbox';
import { type GrowthTable, lanes } from './growth-table.js';

export const rowsPerClaim = 500;

/** What one claim of 500 rows and their settlement cost, with the server to itself but for its own background work. */
export interface ClaimCost {
  readonly claimMs: number;
  readonly settleMs: number;
  readonly claimStatements: number;
  /** Pages of the table and of its indexes that the claim looked at, wherever they were. */
  readonly claimHeapPages: number;
  readonly claimIndexPages: number;
  readonly claimWalBytesPerRow: number;
  /** From the insert to the settlement. */
  readonly walBytesPerRow: number;
}

const payload = `{"note":"${'x'.repeat(250)}"}`;

/** Inserts rows as the library does, claims them and settles them as sent. */
export async function measuredClaim({ database, pool }: GrowthTable): Promise<ClaimCost> {
  const store = postgresOutboxStore({ database });
  const atFirst = await reading(pool);
  const rows = Array.from({ length: rowsPerClaim }, () => {
    const key = `order-${Math.floor(Math.random() * lanes)}`;
    const about = { aggregateType: 'order', aggregateId: key, eventType: 'OrderPlaced' };
    return {
      id: uuidV7Now(),
      topic: 'orders',
      key,
      payload,
      headers: { ce_type: 'OrderPlaced' },
      ordered: true,
      ...about,
    };
  });
  await database.transaction((_trx, sql) => postgresOutboxTable().insert(sql, rows));
  const before = await reading(pool);
  const statements = database.statements();
  const beganAtMs = performance.now();
  const claimed = await store.claim({ limit: rowsPerClaim, leaseMs: 60_000 });
  const claimedAtMs = performance.now();
  const claimStatements = database.statements() - statements;
  const after = await reading(pool);
  if (claimed.length !== rowsPerClaim) throw new Error(`a claim gave ${claimed.length} rows, not ${rowsPerClaim}`);
  const settlesAtMs = performance.now();
  await store.settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
  const settledAtMs = performance.now();
  const atLast = await reading(pool);
  return {
    ...{ claimMs: claimedAtMs - beganAtMs, settleMs: settledAtMs - settlesAtMs, claimStatements },
    claimHeapPages: after.heapPages - before.heapPages,
    claimIndexPages: after.indexPages - before.indexPages,
    claimWalBytesPerRow: (after.walBytes - before.walBytes) / rowsPerClaim,
    walBytesPerRow: (atLast.walBytes - atFirst.walBytes) / rowsPerClaim,
  };
}

interface Reading {
  readonly heapPages: number;
  readonly indexPages: number;
  readonly walBytes: number;
}

async function reading(pool: GrowthTable['pool']): Promise<Reading> {
  // By a statement of its own: what a session did is told when its transaction has ended.
  await pool.query('select pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ heap: string; indexes: string; wal: string }>(
    `select heap_blks_hit + heap_blks_read as heap, idx_blks_hit + idx_blks_read as indexes,
            pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal
       from pg_statio_user_tables where relid = 'backstitch.outbox_events'::regclass`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The statistics know nothing of backstitch.outbox_events.');
  return { heapPages: Number(row.heap), indexPages: Number(row.indexes), walBytes: Number(row.wal) };
}

/** As the library draws ids: the time in front, so that neighbours in time are neighbours in the index. */
function uuidV7Now(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
