import { randomBytes } from 'node:crypto';
import { systemClock } from '@backstitch/messaging';
import { type Database, quoteIdentifier, savepoint } from '@backstitch/postgres';
import type { FenceKey, FenceStatus, FenceStore } from '../participant/fence-store.js';
import { type DatabaseSource, databaseOf } from '../postgres/database-source.js';
import { migrateParticipant } from '../postgres/migrate-participant.js';
import { postgresFenceStore } from '../postgres/postgres-fence-store.js';
import { memoryParticipantGround } from './memory-ground.js';

export interface TestParticipantOptions<Trx> {
  /** Your own `Knex` or `pg.Pool`. Absent: the fence is kept in memory. */
  readonly database?: DatabaseSource<Trx>;
  /**
   * With a database: a transaction of yours that everything runs in, each command behind a savepoint. Roll it back, and nothing is left. Without one:
   * what handlers are handed in place of a transaction in memory.
   */
  readonly trx?: Trx;
}

export interface TestParticipantStore {
  readonly store: FenceStore<unknown>;
  close(): Promise<void>;
}

export async function testParticipantStore<Trx>(options: TestParticipantOptions<Trx>): Promise<TestParticipantStore> {
  const { database: source, trx } = options;
  if (source === undefined) {
    const { store } = memoryParticipantGround({
      clock: systemClock,
      trx: 'trx' in options ? { value: trx } : undefined,
    });
    return { store, close: async () => undefined };
  }
  const real = databaseOf(source, {});
  const database = trx === undefined ? real : databaseWithin(real, trx);
  const schema = `backstitch_test_${randomBytes(6).toString('hex')}`;
  await migrateParticipant({ database, schema });
  return {
    store: postgresFenceStore({ database, schema }),
    // A schema that was made in the caller's transaction goes the way of that transaction.
    close: async () => {
      if (trx === undefined) await real.sql.query(`drop schema if exists ${quoteIdentifier(schema)} cascade`);
    },
  };
}

/** One open transaction in the place of a database: what would be a transaction is a savepoint, and nothing is ever committed. */
function databaseWithin<Trx>(database: Database<Trx>, trx: Trx): Database<Trx> {
  const sql = database.within(trx);
  return { sql, transaction: (work) => savepoint(sql, () => work(trx, sql)), within: () => sql };
}

/** What is known of a command, without leaving a row behind. */
export async function fenceStatusOf(store: FenceStore<unknown>, key: FenceKey): Promise<FenceStatus> {
  const seen = new SeenFence();
  try {
    await store.transaction(async (tx) => {
      seen.status = (await tx.claim(key)).status;
      throw seen;
    });
  } catch (error) {
    if (error !== seen) throw error;
  }
  return seen.status;
}

/** Takes the claim back with the transaction that it is thrown from. */
class SeenFence extends Error {
  status: FenceStatus = 'fresh';
}
