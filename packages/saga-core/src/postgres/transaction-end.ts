/** What can be known about the end of a transaction. */
export interface TransactionEnd {
  afterEnd(run: () => void): void;
  phase(): 'open' | 'ended' | 'unknown';
}

interface KnexEnd {
  readonly executionPromise: PromiseLike<unknown>;
  isCompleted(): boolean;
  readonly parentTransaction?: unknown;
}

/**
 * The end of a caller's transaction, as far as its driver tells. knex tells it, of the outermost transaction, by a promise that also settles
 * after a rollback. pg tells (from 8.21) only whether one is open on that client; a pool gives a client another `release` each time it hands it
 * out, and so tells that it is somebody else's by now.
 */
export function callersEnd(trx: unknown): TransactionEnd {
  if (isKnexEnd(trx)) {
    const outermost = outermostOf(trx);
    return {
      afterEnd: (run) => void outermost.executionPromise.then(run, run),
      phase: () => (outermost.isCompleted() ? 'ended' : 'open'),
    };
  }
  const client = trx as { getTransactionStatus?: () => string | null; release?: unknown };
  const { getTransactionStatus, release } = client;
  return {
    afterEnd: () => undefined,
    phase() {
      if (client.release !== release) return 'ended';
      const status = getTransactionStatus?.call(trx) ?? undefined;
      if (status === undefined) return 'unknown';
      return status === 'I' ? 'ended' : 'open';
    },
  };
}

/** The end of a transaction that this library opened: told by whoever opened it. */
export function ownEnd(): TransactionEnd & { readonly tell: () => void } {
  const waiting: (() => void)[] = [];
  let ended = false;
  return {
    afterEnd: (run) => void waiting.push(run),
    phase: () => (ended ? 'ended' : 'open'),
    tell() {
      ended = true;
      for (const run of waiting) run();
    },
  };
}

function isKnexEnd(trx: unknown): trx is KnexEnd {
  const { isTransaction, isCompleted } = trx as { isTransaction?: unknown; isCompleted?: unknown };
  return isTransaction === true && typeof isCompleted === 'function';
}

function outermostOf(trx: KnexEnd): KnexEnd {
  return isKnexEnd(trx.parentTransaction ?? {}) ? outermostOf(trx.parentTransaction as KnexEnd) : trx;
}
