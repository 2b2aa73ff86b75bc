import { type OutboxTable, postgresOutboxTable } from '@backstitch/outbox';
import { type Database, defaultSchema, type Sql } from '@backstitch/postgres';
import type { SagaStore } from '../engine/saga-store.js';
import { classifyFailure } from './classify-failure.js';
import { countDiscards } from './count-discards.js';
import { countStandings } from './count-standings.js';
import { dueInstances } from './due-instances.js';
import { defaultQuarantineRows, insertQuarantine } from './insert-quarantine.js';
import { instanceReads } from './instance-reads.js';
import { liveBeyond } from './live-beyond.js';
import { liveHashes } from './live-hashes.js';
import { liveIds } from './live-ids.js';
import { lockQueue } from './lock-queue.js';
import { readInstallation } from './read-installation.js';
import { readInstances } from './read-instances.js';
import { readStatuses } from './read-statuses.js';
import { readLetters } from './read-letters.js';
import { requireWholeNumber } from './require-whole-number.js';
import { sagaTables } from './saga-tables.js';
import { sagaTransaction } from './saga-transaction.js';
import { storeClock } from './store-clock.js';
import { callersEnd, ownEnd } from './transaction-end.js';

export interface PostgresSagaStoreOptions<Trx> {
  /** `postgresDatabase(knex)` or `postgresDatabase(pool)`. */
  readonly database: Database<Trx>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** How long a start waits for another with the same idempotency key or lock key that has not committed yet, in milliseconds. Default 2000. */
  readonly lockTimeoutMs?: number;
  /** Quarantined records that are kept. Default 10,000. */
  readonly quarantineRows?: number;
  /** Where messages go. Default: the outbox of the same schema. */
  readonly outboxTable?: OutboxTable<Sql>;
  /** Milliseconds that never go back, added to what the database last said within a transaction. Default `performance.now()`. */
  readonly monotonicNowMs?: () => number;
}

/** Instances on Postgres. All times are the database's. */
export function postgresSagaStore<Trx>(options: PostgresSagaStoreOptions<Trx>): SagaStore<Trx> {
  const { database, schema = defaultSchema } = options;
  const { sql } = database;
  const tables = sagaTables(schema);
  const outboxTable = options.outboxTable ?? postgresOutboxTable({ schema });
  const lockTimeoutMs = requireWholeNumber('lockTimeoutMs', options.lockTimeoutMs ?? 2_000);
  const rows = requireWholeNumber('quarantineRows', options.quarantineRows ?? defaultQuarantineRows);
  const { monotonicNowMs } = options;
  const clock = storeClock(sql, { monotonicNowMs });
  const transactionOptions = { tables, outboxTable, lockTimeoutMs, monotonicNowMs };
  return {
    async transaction(work) {
      const end = ownEnd();
      try {
        return await database.transaction((trx, own) =>
          work(sagaTransaction(trx, own, { ...transactionOptions, end })),
        );
      } finally {
        end.tell();
      }
    },
    within: (trx) => sagaTransaction(trx, database.within(trx), { ...transactionOptions, end: callersEnd(trx) }),
    async load(ids) {
      const read = await readInstances(sql, ids, { tables });
      clock.heard(read.now);
      return read;
    },
    statuses: (ids) => readStatuses(sql, ids, { table: tables.instances }),
    now: () => clock.now(),
    due: ({ limit, definitions }) => dueInstances(sql, definitions, { table: tables.instances, limit }),
    unsent: (outboxIds) => outboxTable.unsent(sql, outboxIds),
    mailbox: (sagaIds) => readLetters(sql, sagaIds, { table: tables.mailbox }),
    lockQueue: (sagaIds) => lockQueue(sql, sagaIds, { table: tables.locks }),
    liveHashes: (definition) => liveHashes(sql, { ...definition, table: tables.instances }),
    liveIds: (options) => liveIds(sql, { ...options, table: tables.instances }),
    liveBeyond: (definitions, { countTo }) => liveBeyond(sql, definitions, { table: tables.instances, countTo }),
    standings: () => countStandings(sql, { table: tables.instances }),
    installation: () => readInstallation(sql, { table: tables.installation }),
    countDiscards: (discards) => countDiscards(sql, discards, { table: tables.discards }),
    quarantine: (records) => insertQuarantine(sql, records, { table: tables.quarantine, rows }),
    reads: instanceReads(sql, { tables, outboxTable }),
    classify: classifyFailure,
  };
}
