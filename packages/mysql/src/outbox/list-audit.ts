import type { AuditEntry, AuditOptions } from '@backstitch/outbox';
import { type AuditRecord, auditEntry } from '@backstitch/outbox/port';
import type { MysqlSql } from '../mysql-database.js';
import { epochMs, idList, wholeNumber } from './literal.js';

interface TimedRecord extends Omit<AuditRecord, 'at'> {
  readonly at_ms: number;
}

export async function listAudit(
  sql: MysqlSql,
  { limit, rowId }: AuditOptions,
  auditTable: string,
): Promise<readonly AuditEntry[]> {
  const { rows } = await sql.query<TimedRecord>(
    `select ${epochMs('at')} as at_ms, verb, actor, reason, row_id, row_count, topic, \`key\`, event_type, status_before, last_error
       from ${auditTable} ${rowId === undefined ? '' : `where row_id = ${idList([rowId])}`} order by id desc limit ${wholeNumber(limit)}`,
  );
  return rows.map(({ at_ms, ...record }) => auditEntry({ ...record, at: new Date(Number(at_ms)) }));
}
