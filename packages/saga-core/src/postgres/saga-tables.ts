import { quoteIdentifier, validateSchemaName } from '@backstitch/postgres';

/** Quoted names. */
export interface SagaTables {
  readonly instances: string;
  readonly journal: string;
  readonly startKeys: string;
  readonly mailbox: string;
  readonly discards: string;
  readonly quarantine: string;
  readonly installation: string;
  readonly tags: string;
  readonly locks: string;
}

/** The names of the orchestrator's tables in a schema. Throws IDENTIFIER_INVALID. */
export function sagaTables(schema: string): SagaTables {
  const prefix = quoteIdentifier(validateSchemaName(schema));
  return {
    instances: `${prefix}.saga_instances`,
    journal: `${prefix}.saga_journal`,
    startKeys: `${prefix}.saga_start_keys`,
    mailbox: `${prefix}.saga_mailbox`,
    discards: `${prefix}.saga_discards`,
    quarantine: `${prefix}.saga_quarantine`,
    installation: `${prefix}.saga_installation`,
    tags: `${prefix}.saga_tags`,
    locks: `${prefix}.saga_locks`,
  };
}
