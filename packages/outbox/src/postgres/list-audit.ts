import type { Sql } from '@backstitch/postgres';
import type { AuditEntry, AuditOptions, OutboxVerb } from '../outbox-audit.js';
import type { OutboxStatus } from '../outbox-operations.js';

const auditSql = (auditTable: string, isOfRow: boolean): string => `
select at, verb, actor, reason, row_id, row_count, topic, key, event_type, status_before, last_error from ${auditTable}
 ${isOfRow ? 'where row_id = $2::uuid' : ''} order by id desc limit $1`;

export interface AuditRecord {
  readonly at: Date;
  readonly verb: OutboxVerb;
  readonly actor: string;
  readonly reason: string;
  readonly row_id: string | null;
  readonly row_count: number;
  readonly topic: string | null;
  readonly key: string | null;
  readonly event_type: string | null;
  readonly status_before: OutboxStatus | null;
  readonly last_error: string | null;
}

export async function listAudit(
  sql: Sql,
  { limit, rowId }: AuditOptions,
  options: { readonly auditTable: string },
): Promise<readonly AuditEntry[]> {
  const text = auditSql(options.auditTable, rowId !== undefined);
  const { rows } = await sql.query<AuditRecord>(text, rowId === undefined ? [limit] : [limit, rowId]);
  return rows.map(auditEntry);
}

/** An entry as it is stored, in the words of the port. */
export function auditEntry(record: AuditRecord): AuditEntry {
  const { row_id, row_count, event_type, status_before, last_error, ...entry } = record;
  return {
    ...entry,
    rowId: row_id,
    rowCount: row_count,
    eventType: event_type,
    statusBefore: status_before,
    lastError: last_error,
  };
}
