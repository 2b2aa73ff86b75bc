import type { AuditEntry, AuditOptions, OutboxStatus, OutboxVerb } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';
import { epochMs, idList, wholeNumber } from './literal.js';

interface AuditRecord {
  readonly at_ms: number;
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
  sql: MysqlSql,
  { limit, rowId }: AuditOptions,
  auditTable: string,
): Promise<readonly AuditEntry[]> {
  const { rows } = await sql.query<AuditRecord>(
    `select ${epochMs('at')} as at_ms, verb, actor, reason, row_id, row_count, topic, \`key\`, event_type, status_before, last_error
       from ${auditTable} ${rowId === undefined ? '' : `where row_id = ${idList([rowId])}`} order by id desc limit ${wholeNumber(limit)}`,
  );
  return rows.map(({ at_ms, row_id, row_count, event_type, status_before, last_error, ...entry }) => ({
    ...entry,
    at: new Date(Number(at_ms)),
    rowId: row_id,
    rowCount: row_count,
    eventType: event_type,
    statusBefore: status_before,
    lastError: last_error,
  }));
}
