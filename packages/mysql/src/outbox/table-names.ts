import { requirePrefix } from '../migration.js';

export interface OutboxTables {
  readonly events: string;
  readonly audit: string;
  readonly locks: string;
}

/** Throws IDENTIFIER_INVALID. */
export function outboxTables(tablePrefix: string | undefined): OutboxTables {
  const prefix = requirePrefix(tablePrefix);
  return { events: `${prefix}outbox_events`, audit: `${prefix}outbox_audit`, locks: `${prefix}outbox_locks` };
}
