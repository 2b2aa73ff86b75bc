export { createMemoryDatabase, type MemoryDatabase, type MemoryReader } from './memory-database.js';
export type { MemoryTable } from './memory-table.js';
export type { MemoryTransaction } from './memory-transaction.js';
export {
  type VirtualTimeDatabase,
  virtualTimeDatabase,
  type VirtualTimeOptions,
} from './virtual-time-database.js';
