import type { OutboxTable } from '@backstitch/outbox';
import type { Sql } from '@backstitch/postgres';
import type { InstanceReads } from '../engine/instance-reads.js';
import { countInstances } from './count-instances.js';
import { listInstances } from './list-instances.js';
import { readDiscards } from './read-discards.js';
import { readJournal } from './read-journal.js';
import { readQuarantined } from './read-quarantined.js';
import type { SagaTables } from './saga-tables.js';

export interface InstanceReadsOptions {
  readonly tables: SagaTables;
  readonly outboxTable: OutboxTable<Sql>;
}

/** What operators ask for, on Postgres: single statements, without locks. */
export function instanceReads(sql: Sql, { tables, outboxTable }: InstanceReadsOptions): InstanceReads {
  return {
    list: (query) => listInstances(sql, query, { tables }),
    counts: (query) => countInstances(sql, query, { table: tables.instances }),
    journal: (sagaId, page) => readJournal(sql, { sagaId, ...page }, { table: tables.journal }),
    messages: (outboxIds) => outboxTable.find(sql, outboxIds),
    discards: (sagaId, limit) => readDiscards(sql, { sagaId, limit }, { table: tables.discards }),
    quarantined: (sagaId, limit) => readQuarantined(sql, { sagaId, limit }, { table: tables.quarantine }),
  };
}
