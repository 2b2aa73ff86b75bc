import { validateSchemaName } from '@backstitch/postgres';

/** The NOTIFY channel of the outbox in that schema: other outboxes in the database do not hear it. Throws IDENTIFIER_INVALID. */
export function hintChannel(schema: string): string {
  return `backstitch_outbox_${validateSchemaName(schema)}`.slice(0, 63);
}
