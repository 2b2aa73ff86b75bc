/** What Postgres says where it ends a session: nobody's fault, wait and try again. */
export function connectionLost(): Error {
  return Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' });
}

/** A race that the database ended by choosing a loser. */
export function serializationFailure(): Error {
  return Object.assign(new Error('could not serialize access'), { code: '40001' });
}

/** A promise that nobody keeps: what a process that is over waits for. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}
