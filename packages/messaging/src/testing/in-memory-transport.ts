import { MessagingError, TransportUnavailableError } from '../errors.js';
import type { Transport } from '../transport.js';
import type { GroupSubscription } from './group-subscription.js';
import type { BrokerPort } from './in-memory-broker.js';

/** One process's connection to an in-memory broker. */
export interface InMemoryTransport extends Transport {
  /**
   * Ends as a killed process ends: nothing more is committed, its partitions go to the others, its batches are delivered again.
   * Its handlers cannot be killed; their signal is aborted, and whatever they ask of this transport rejects.
   */
  crash(): void;
}

type State = 'open' | 'closing' | 'closed' | 'crashed';

export function createInMemoryTransport(broker: BrokerPort, processId: string): InMemoryTransport {
  const subscriptions = new Set<GroupSubscription>();
  // Read through a function: the state changes while a method awaits.
  let current: State = 'open';
  const state = (): State => current;
  let closing: Promise<void> | undefined;

  const refuse = (): never => {
    if (state() === 'crashed') throw new TransportUnavailableError(`${processId} has crashed`);
    throw new MessagingError('TRANSPORT_CLOSED', 'the transport is closed', {
      hint: 'Close it last, after everything that uses it.',
    });
  };
  const close = async (): Promise<void> => {
    current = 'closing';
    // Handlers that still run may send: only when they have ended is it closed.
    await Promise.all([...subscriptions].map((subscription) => subscription.close()));
    if (state() === 'closing') current = 'closed';
  };

  return {
    async send(records) {
      if (state() === 'closed' || state() === 'crashed') refuse();
      return broker.send(records, () => state() !== 'crashed');
    },
    async subscribe(options) {
      if (state() !== 'open') refuse();
      const subscription = await broker.join(options, `${processId}/${options.group}`);
      // It went down while it was joining.
      if (state() === 'crashed') {
        subscription.crash();
        refuse();
      }
      if (state() !== 'open') {
        await subscription.close();
        refuse();
      }
      subscriptions.add(subscription);
      subscription.stopped.finally(() => subscriptions.delete(subscription)).catch(() => undefined);
      return subscription;
    },
    async ensureTopics(topics) {
      if (state() !== 'open') refuse();
      await broker.ensureTopics(topics);
    },
    close() {
      closing ??= close();
      return closing;
    },
    crash() {
      if (state() === 'closed') return;
      current = 'crashed';
      for (const subscription of subscriptions) subscription.crash();
    },
  };
}
