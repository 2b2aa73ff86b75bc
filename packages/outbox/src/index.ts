export { type DebeziumConnectorOptions, debeziumConnectorConfig } from './cdc/debezium-connector-config.js';
export { type DebeziumNames, debeziumNames } from './cdc/debezium-names.js';
export { type DebeziumSetupOptions, debeziumSetupSql } from './cdc/debezium-setup-sql.js';
export type { DeadLetterTopic } from './dead-letter-row.js';
export { defineEvent, type EventDefinition, type EventGiven } from './define-event.js';
export { OutboxError, type OutboxErrorCode, outboxErrorCodes } from './errors.js';
export {
  createHintListener,
  type HintListener,
  type HintListenerOptions,
  type ListeningClient,
} from './hints/hint-listener.js';
export { createHintSender, type HintSender, type HintSenderOptions } from './hints/hint-sender.js';
export { outboxMigrations } from './migrations/outbox-migrations.js';
export {
  createOutbox,
  type Outbox,
  type OutboxOptions,
  type Publish,
  type Published,
  type PublishOptions,
} from './outbox.js';
export type { AuditEntry, AuditNote, AuditOptions, OutboxVerb } from './outbox-audit.js';
export type { Ordering, OutboxMessage } from './outbox-message.js';
export type {
  BlockedLane,
  ListOptions,
  OutboxOperations,
  OutboxStatus,
  StoredRow,
  StoredRowSummary,
} from './outbox-operations.js';
export type { ClaimedRow, DeliverAfter, NewOutboxRow, OutboxRow } from './outbox-row.js';
export type {
  ClaimOptions,
  FailedRow,
  OutboxCounts,
  OutboxStore,
  PruneOptions,
  SendOutcome,
  SettledRow,
  Settlement,
} from './outbox-store.js';
export type { InsertOptions, Lane, OutboxTable } from './outbox-table.js';
export { type PostgresAuditPrunerOptions, postgresAuditPruner } from './postgres/postgres-audit-pruner.js';
export {
  type PostgresOutboxOperationsOptions,
  postgresOutboxOperations,
} from './postgres/postgres-outbox-operations.js';
export { type PostgresOutboxStoreOptions, postgresOutboxStore } from './postgres/postgres-outbox-store.js';
export type { Pruner } from './prune-loop.js';
export { createPruner, type PrunerOptions, type PruneTimes } from './pruner.js';
export type { BesideInsert } from './postgres/insert-outbox-rows.js';
export {
  type PostgresOutboxTable,
  type PostgresOutboxTableOptions,
  postgresOutboxTable,
} from './postgres/postgres-outbox-table.js';
export { createRelay, type Relay, type RelayRun } from './relay.js';
export type { RelayOptions } from './relay/relay-options.js';
