import { quoteIdentifier, validateSchemaName } from '@backstitch/postgres';

/** The quoted name of the table in the given schema. Throws IDENTIFIER_INVALID. */
export function outboxTableName(schema: string): string {
  return `${quoteIdentifier(validateSchemaName(schema))}.outbox_events`;
}

/** The quoted name of the table of what was done by hand. Throws IDENTIFIER_INVALID. */
export function outboxAuditTableName(schema: string): string {
  return `${quoteIdentifier(validateSchemaName(schema))}.outbox_audit`;
}
