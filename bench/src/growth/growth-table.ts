import { outboxMigrations } from '@backstitch/outbox';
import { migrate, postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';
import type { PostgresServer } from '@backstitch/devkit';
import { type Counted, countedDatabase } from './counted-database.js';

export interface GrowthTable {
  readonly name: string;
  /** Sent rows before anything is measured. */
  readonly sentRows: number;
  readonly pool: pg.Pool;
  readonly database: Counted;
  close(): Promise<void>;
}

/** Any of them may be the lane of a row that is measured: the pages of its neighbours in an index are seldom at hand. */
export const lanes = 100_000;
const rowsPerStatement = 100_000;

// What the library writes for a domain event of some 300 bytes: ids in the order of time, as it draws them, a hundred thousand lanes.
const fillSql = `
insert into backstitch.outbox_events
  (id, aggregate_type, aggregate_id, event_type, payload, headers, topic, key, status, created_at, sent_at, claim_epoch)
select uuidv7((n - $2::integer - 1) * interval '5 milliseconds' - interval '2 hours'), 'order', 'order-' || n % ${lanes}, 'OrderPlaced',
       '{"orderId":"order-' || n % ${lanes} || '","note":"' || repeat('x', 230) || '"}',
       '{"ce_id":"' || n || '","ce_type":"OrderPlaced","ce_source":"/orders","ce_specversion":"1.0","version":"1"}',
       'orders', 'order-' || n % ${lanes}, 'SENT', now() - interval '2 hours', now() - interval '1 hour', 1
  from generate_series($1::integer, $2::integer) n`;

/** A database of its own with the outbox's tables and so many sent rows, vacuumed and analysed. */
export async function growthTable(postgres: PostgresServer, sentRows: number): Promise<GrowthTable> {
  // One connection: the statistics of a claim are told by the session that made it.
  const pool = new pg.Pool({ connectionString: await postgres.createDatabase(), max: 1 });
  const plain = postgresDatabase(pool);
  await migrate(plain, outboxMigrations);
  for (let from = 1; from <= sentRows; from += rowsPerStatement) {
    await plain.sql.query(fillSql, [from, Math.min(from + rowsPerStatement - 1, sentRows)]);
  }
  await plain.sql.query('vacuum analyze backstitch.outbox_events');
  return {
    name: sentRows === 0 ? 'empty' : `${sentRows} sent`,
    ...{ sentRows, pool, database: countedDatabase(plain) },
    close: () => pool.end(),
  };
}
