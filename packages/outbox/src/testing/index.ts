export type {
  OpenOptions,
  OutboxConformanceApi,
  OutboxConformanceSubject,
  OutboxUnderTest,
} from './conformance/conformance-subject.js';
export { outboxStoreConformance } from './conformance/outbox-store-conformance.js';
export { createMemoryOutbox, type MemoryOutbox, type MemoryOutboxOptions } from './create-memory-outbox.js';
export { type MemoryOutboxTableOptions, memoryOutboxTable } from './memory-outbox-table.js';
