import { setTimeout as delay } from 'node:timers/promises';
import type { BatchContext, Transport } from '@backstitch/messaging';

/** A service that can be made to say nothing: it stays a member of its group, but handles no message until it may speak again. */
export interface SilenceableTransport extends Transport {
  silence(): void;
  speak(): void;
}

const heartbeatEveryMs = 500;

export function silenceableTransport(transport: Transport): SilenceableTransport {
  let silent: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  const whileSilent = async ({ signal, heartbeat }: BatchContext): Promise<void> => {
    while (silent !== undefined) {
      signal.throwIfAborted();
      // Without a heartbeat the broker would take the partitions away, which is another accident than the one that is meant.
      await Promise.race([silent.over, delay(heartbeatEveryMs)]);
      await heartbeat();
    }
  };
  return {
    send: (records) => transport.send(records),
    subscribe: (options) =>
      transport.subscribe({
        ...options,
        handle: async (batch, context) => {
          await whileSilent(context);
          await options.handle(batch, context);
        },
      }),
    ensureTopics: (topics) => transport.ensureTopics(topics),
    close: () => transport.close(),
    silence() {
      if (silent !== undefined) return;
      let end = (): void => undefined;
      const over = new Promise<void>((resolve) => {
        end = resolve;
      });
      silent = { over, end };
    },
    speak() {
      silent?.end();
      silent = undefined;
    },
  };
}
