export type { ClaimedRow, NewOutboxRow, OutboxRow } from './outbox-row.js';
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
export type { InsertOptions, OutboxTable } from './outbox-table.js';
export type { Relay } from './relay.js';
