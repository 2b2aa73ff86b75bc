export { fenceStoreConformance } from './conformance/fence-store-conformance.js';
export type { FenceStoreSubject, FenceStoreUnderTest } from './conformance/fence-store-subject.js';
export { sagaStoreConformance } from './conformance/saga-store-conformance.js';
export type {
  SagaStoreOpenOptions,
  SagaStoreSubject,
  SagaStoreUnderTest,
  StoreConformanceApi,
} from './conformance/saga-store-subject.js';
export { MemoryConstraintError } from './memory-constraint-error.js';
export { createMemoryFenceStore, type MemoryFenceStore, type MemoryFenceStoreOptions } from './memory-fence-store.js';
export {
  createMemorySagaStore,
  memoryNotSentHook,
  type MemorySagaStore,
  type MemorySagaStoreOptions,
} from './memory-saga-store.js';
