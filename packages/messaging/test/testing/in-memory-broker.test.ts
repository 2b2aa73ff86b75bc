import { afterAll, beforeAll, describe, it } from 'vitest';
import { createInMemoryBroker, type InMemoryTransport, transportConformance } from '../../src/testing/index.js';

let names = 0;
const broker = createInMemoryBroker();
transportConformance(
  {
    name: 'the in-memory broker',
    createTransport: async () => broker.transport(),
    uniqueName: (prefix) => `${prefix}-${++names}`,
    crash: async (transport) => (transport as InMemoryTransport).crash(),
    write: async (record) => broker.write(record),
    features: { refusedValueBytes: 1_048_577, slowHandlerMs: 20, patienceMs: 2_000 },
  },
  { describe, it, beforeAll, afterAll },
);
