export { createMemoryFenceStore, type MemoryFenceStore, type MemoryFenceStoreOptions } from './memory-fence-store.js';
export { MemoryConstraintError } from './memory-constraint-error.js';
export { createMemorySagaStore, memoryNotSentHook, type MemorySagaStore, type MemorySagaStoreOptions } from './memory-saga-store.js';
