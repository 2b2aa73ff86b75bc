interface Transactional<Tx> {
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** The same store, whose transactions are bent. */
export function inTransactions<Tx, Store extends Transactional<Tx>>(
  store: Store & Transactional<Tx>,
  bend: (tx: Tx) => Partial<Tx>,
): Store {
  const transaction = <T>(work: (tx: Tx) => Promise<T>) => store.transaction((tx) => work({ ...tx, ...bend(tx) }));
  return { ...store, transaction };
}
