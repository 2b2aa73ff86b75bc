import { MessagingError, type OutboundRecord, type SendResult, TransportUnavailableError } from '@backstitch/messaging';
import { createSendCall, type SendCall, type SendEntry } from './send-call.js';

/**
 * Gathers calls while one batch is under way and sends them together, in the order they were made. One batch at a time: two requests in
 * flight could overtake one another, and a lane's order would be gone.
 */
export interface SendQueue {
  send(records: readonly OutboundRecord[]): Promise<readonly SendResult[]>;
  /** Takes no more; resolves when all that was taken is settled. */
  close(): Promise<void>;
}

interface Waiting {
  readonly call: SendCall;
  readonly resolve: (results: readonly SendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** @param deliver settles each entry in its call; rejects with `TransportUnavailableError` where the rest is unknown */
export function createSendQueue(deliver: (entries: readonly SendEntry[]) => Promise<void>): SendQueue {
  let waiting: Waiting[] = [];
  let draining: Promise<void> | undefined;
  let closed = false;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const failure = await attempt(deliver, batch);
      for (const one of batch) settle(one, failure);
      // Whoever queued behind a failure would wait one timeout more each, only to fail too; and might overtake what failed.
      if (failure !== undefined) for (const one of waiting.splice(0)) settle(one, failure);
    }
    draining = undefined;
  };

  return {
    send(records) {
      if (closed) {
        const hint = 'Close it last, after everything that uses it.';
        return Promise.reject(new MessagingError('TRANSPORT_CLOSED', 'the transport is closed', { hint }));
      }
      if (records.length === 0) return Promise.resolve([]);
      return new Promise((resolve, reject) => {
        waiting.push({ call: createSendCall(records), resolve, reject });
        // One turn later, so that calls made in the same turn travel together.
        draining ??= Promise.resolve().then(drain);
      });
    },
    async close() {
      closed = true;
      await draining;
    },
  };
}

async function attempt(
  deliver: (entries: readonly SendEntry[]) => Promise<void>,
  batch: readonly Waiting[],
): Promise<TransportUnavailableError | undefined> {
  try {
    await deliver(batch.flatMap(({ call }) => call.entries));
    return undefined;
  } catch (error) {
    if (error instanceof TransportUnavailableError) return error;
    return new TransportUnavailableError('sending failed for a reason that says nothing about the records', {
      cause: error,
    });
  }
}

/** A call whose records are all settled keeps its results, though a later one's request failed. */
function settle({ call, resolve, reject }: Waiting, failure: TransportUnavailableError | undefined): void {
  const results = call.results();
  if (results !== undefined) resolve(results);
  else reject(failure ?? new TransportUnavailableError('the broker gave no answer about some records'));
}
