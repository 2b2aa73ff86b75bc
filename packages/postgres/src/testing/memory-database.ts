import { MemoryLayer } from './memory-layer.js';
import { MemoryTransaction } from './memory-transaction.js';
import type { MemoryTable } from './memory-table.js';

/** The face of what is committed. */
export interface MemoryReader {
  table<Row extends object>(name: string): Pick<MemoryTable<Row>, 'get' | 'values' | 'where'>;
}

/**
 * A transactional database in memory, for the in-memory adapters of stores: transactions run one at a time (so they are serialisable, which
 * is stricter than Postgres's READ COMMITTED), all or nothing, and rows are cloned on their way in and out.
 */
export interface MemoryDatabase {
  /** Commits where `work` returns, rolls back and rethrows where it throws. */
  transaction<T>(work: (trx: MemoryTransaction) => Promise<T>): Promise<T>;
  /** A transaction that the test ends by hand; others wait until then. */
  begin(): Promise<MemoryTransaction>;
  /** Sees what is committed, also while a transaction is open. */
  read<T>(work: (reader: MemoryReader) => T): T;
}

export function createMemoryDatabase(): MemoryDatabase {
  const committed = new MemoryLayer();
  let last: Promise<void> = Promise.resolve();

  async function begin(): Promise<MemoryTransaction> {
    const before = last;
    let done = (): void => undefined;
    last = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    return new MemoryTransaction(committed, done);
  }

  return {
    begin,
    async transaction(work) {
      const trx = await begin();
      try {
        const value = await work(trx);
        trx.commit();
        return value;
      } catch (error) {
        if (trx.isOpen) trx.rollback();
        throw error;
      }
    },
    read: (work) => work({ table: (name) => committed.table(name) }),
  };
}
