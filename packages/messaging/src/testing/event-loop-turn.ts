/** Resolves on the next turn of the event loop: every promise job that could run has run by then. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
