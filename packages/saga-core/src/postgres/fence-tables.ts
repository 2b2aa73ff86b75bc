import { quoteIdentifier, validateSchemaName } from '@backstitch/postgres';

/** Quoted names. */
export interface FenceTables {
  readonly fence: string;
  readonly quarantine: string;
}

/** The names of a participant's tables in a schema. Throws IDENTIFIER_INVALID. */
export function fenceTables(schema: string): FenceTables {
  const prefix = quoteIdentifier(validateSchemaName(schema));
  return { fence: `${prefix}.saga_fence`, quarantine: `${prefix}.fence_quarantine` };
}
