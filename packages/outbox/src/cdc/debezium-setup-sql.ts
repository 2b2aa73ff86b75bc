import { quoteIdentifier } from '@backstitch/postgres';
import { outboxTableName } from '../postgres/outbox-table-name.js';
import { debeziumNames } from './debezium-names.js';

export interface DebeziumSetupOptions {
  /** The same as the connector's. */
  readonly name: string;
  /** The role that the connector logs in as. It needs the attribute REPLICATION, which only an administrator can give. */
  readonly user: string;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
}

/**
 * The publication that the connector reads, and its rights: for a migration of the owner of the table, once, before the connector starts.
 *
 * Inserts only, so that neither a relay's updates nor the pruning leave the server; and only rows that are inserted as SENT, so that rows of a
 * relay can stand in the same table. Row filters need Postgres 15.
 */
export function debeziumSetupSql({ name, user, schema = 'backstitch' }: DebeziumSetupOptions): string {
  const { publication } = debeziumNames(name);
  const [table, role] = [outboxTableName(schema), quoteIdentifier(user)];
  return `create publication ${quoteIdentifier(publication)} for table ${table} where (status = 'SENT') with (publish = 'insert');
grant usage on schema ${quoteIdentifier(schema)} to ${role};
grant select on ${table} to ${role};
`;
}
