import type { PostgresServer } from '@backstitch/devkit';
import { postgresOutboxOperations, postgresOutboxStore } from '@backstitch/outbox';
import { round } from '../environment.js';
import { spread } from '../summary.js';
import { growthTable } from './growth-table.js';
import { measuredClaim } from './measured-claim.js';

const lanes = 100;
const claimsAfter = 20;

// The heads first, so that whatever is claimed stands behind all of them.
const fillSql = `
insert into backstitch.outbox_events
  (id, aggregate_type, aggregate_id, event_type, payload, topic, key, status, last_error)
select uuidv7(), 'order', 'stuck-' || n % $2::integer, 'OrderPlaced', '{"note":"' || repeat('x', 250) || '"}', 'orders', 'stuck-' || n % $2::integer,
       case when n < $2::integer then 'FAILED' else 'PENDING' end, case when n < $2::integer then 'RECORD_TOO_LARGE: over 1 MiB' end
  from generate_series(0, $1::integer + $2::integer - 1) n`;

export interface BlockedCost {
  readonly rowsBehindFailedHeads: number;
  /** Claims that found nothing and blocked what they read past, all together. */
  readonly claimsThatBlocked: number;
  readonly blockedInMs: number;
  /** A claim of 500 free rows that stand behind them. */
  readonly claimMs: { readonly median: number; readonly least: number; readonly most: number };
  /** From the requeue of the heads to the last row claimed, in claims of 2,000, each settled. */
  readonly claimsToFreeAll: number;
  readonly freedInMs: number;
}

/** What lanes that stand still cost the claims of the others. */
export async function blockedCost(postgres: PostgresServer, rows: number): Promise<BlockedCost> {
  const table = await growthTable(postgres, 0);
  try {
    const { database } = table;
    const store = postgresOutboxStore({ database });
    await database.sql.query(fillSql, [rows, lanes]);
    const blocking = performance.now();
    let claimsThatBlocked = 0;
    while ((await unblocked(table.pool)) > 0) {
      await store.claim({ limit: 2_000, leaseMs: 60_000 });
      claimsThatBlocked += 1;
    }
    const blockedInMs = performance.now() - blocking;
    const claims: number[] = [];
    for (let count = 0; count < claimsAfter; count += 1) claims.push((await measuredClaim(table)).claimMs);
    const { median, least, most } = spread(claims);
    const operations = postgresOutboxOperations({ database });
    const failed = await operations.list({ limit: lanes });
    const freeing = performance.now();
    await operations.requeue(
      failed.map((row) => row.id),
      { actor: 'bench', reason: 'to free the lanes' },
    );
    let claimsToFreeAll = 0;
    for (let sent = 0; sent < rows + lanes; ) {
      const claimed = await store.claim({ limit: 2_000, leaseMs: 60_000 });
      await store.settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
      sent += claimed.length;
      claimsToFreeAll += 1;
    }
    return {
      ...{ rowsBehindFailedHeads: rows, claimsThatBlocked, blockedInMs: round(blockedInMs) },
      claimMs: { median: round(median), least: round(least), most: round(most) },
      ...{ claimsToFreeAll, freedInMs: round(performance.now() - freeing) },
    };
  } finally {
    await table.close();
  }
}

async function unblocked(pool: Awaited<ReturnType<typeof growthTable>>['pool']): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(
    `select count(*) as n from backstitch.outbox_events where status = 'PENDING' and not blocked`,
  );
  return Number(rows[0]?.n);
}
