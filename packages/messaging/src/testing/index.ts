export type { ConformanceApi, ConformanceFeatures, ConformanceSubject } from './conformance/conformance-subject.js';
export { transportConformance } from './conformance/transport-conformance.js';
export type { BrokerFaults } from './broker-faults.js';
export {
  createInMemoryBroker,
  type ForeignRecord,
  type GroupProgress,
  type InMemoryBroker,
  type InMemoryBrokerOptions,
} from './in-memory-broker.js';
export type { InMemoryTransport } from './in-memory-transport.js';
export { createSeededRandom, type SeededRandom } from './seeded-random.js';
export { createVirtualClock, type VirtualClock } from './virtual-clock.js';
