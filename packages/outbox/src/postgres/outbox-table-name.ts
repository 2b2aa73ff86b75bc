import { quoteIdentifier, validateSchemaName } from '@backstitch/postgres';

/** The quoted name of the table in the given schema. Throws IDENTIFIER_INVALID. */
export function outboxTableName(schema: string): string {
  return `${quoteIdentifier(validateSchemaName(schema))}.outbox_events`;
}

/** The quoted name of the table of what was done by hand. Throws IDENTIFIER_INVALID. */
export function outboxAuditTableName(schema: string): string {
  return `${quoteIdentifier(validateSchemaName(schema))}.outbox_audit`;
}

/** The quoted name of the table of lanes that are no longer blocked. Throws IDENTIFIER_INVALID. */
export function outboxReleasesTableName(schema: string): string {
  return `${quoteIdentifier(validateSchemaName(schema))}.outbox_lane_releases`;
}
