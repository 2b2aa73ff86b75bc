// What the outbox on another database is made of, beside the types of the ports: the relay, the pruner and `createOutboxOver` run on them unchanged.
export { type DeadLetterSource, deadLetterRow } from '../dead-letter-row.js';
export { createOutboxOver, type OutboxOverOptions } from '../outbox.js';
export { requireNote } from '../outbox-audit.js';
export { refuseTwins } from '../refuse-twins.js';
export { requirePositive } from '../require-positive.js';
export { type AuditRecord, auditEntry } from '../postgres/list-audit.js';
export { rowSummary, type StoredRecord, type SummaryRecord, storedRow } from '../postgres/stored-row.js';
