import type { MemoryTransaction } from '@backstitch/postgres/testing';
import type { FaultyDatabase } from './faulty-database.js';
import { type Port, readOver } from './port.js';

type Method = (...given: never[]) => unknown;

/** Those of the store's own methods that open a transaction, which fails by itself, or that ask nobody. */
const passed = new Set([
  'classify',
  'installation',
  'countDiscards',
  'quarantine',
  'unsent',
  'prune',
  'claim',
  'settle',
  'counts',
]);
/** Those of a transaction's methods that are no statements. */
const free = new Set(['afterEnd', 'phase', 'now']);

interface Transactional<Tx> {
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  within(trx: MemoryTransaction): Tx;
}

/** The same store for a process whose connections fail: each read, and each statement of a transaction. */
export function faultyStore<Tx extends { readonly trx: MemoryTransaction }, Store extends Transactional<Tx>>(
  store: Store & Transactional<Tx>,
  database: FaultyDatabase,
  port: Port,
): Store {
  const members = Object.entries(store).map(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function' || passed.has(name)) return [name, member] as const;
    if (name === 'transaction') {
      const transaction = <T>(work: (tx: Tx) => Promise<T>) =>
        store.transaction((tx) => work(faultyTransaction(tx, database)));
      return [name, transaction] as const;
    }
    if (name === 'within')
      return [name, (trx: MemoryTransaction) => faultyTransaction(store.within(trx), database)] as const;
    const method = member as (...given: unknown[]) => Promise<unknown>;
    return [name, (...given: unknown[]) => readOver(port, name, () => method(...given))] as const;
  });
  return Object.fromEntries(members) as unknown as Store;
}

function faultyTransaction<Tx extends { readonly trx: MemoryTransaction }>(tx: Tx, database: FaultyDatabase): Tx {
  const members = Object.entries(tx).map(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function' || free.has(name)) return [name, member] as const;
    const statement = async (...given: never[]): Promise<unknown> => {
      database.beforeStatement(tx.trx);
      return await (member as Method)(...given);
    };
    return [name, statement] as const;
  });
  return Object.fromEntries(members) as Tx;
}
