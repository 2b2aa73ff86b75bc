import { type Logger, TransportUnavailableError } from '@backstitch/messaging';
import type { Admin } from 'kafkajs';
import { inTime } from './deadline.js';
import type { KafkaClient } from './kafka-client.js';

/** A kafkajs admin client that connects when it is first used. */
export interface AdminSession {
  /** Rejects with what `work` rejects with, or with `TransportUnavailableError` after the time-out. */
  use<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  close(timeoutMs: number): Promise<void>;
}

export interface AdminSessionOptions {
  readonly kafka: KafkaClient;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

export function createAdminSession({ kafka, timeoutMs, logger }: AdminSessionOptions): AdminSession {
  let current: { readonly admin: Admin; connected: Promise<void> | undefined } | undefined;

  const run = async <T>(work: (admin: Admin) => Promise<T>): Promise<T> => {
    current ??= { admin: kafka.admin({ retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 } }), connected: undefined };
    const session = current;
    session.connected ??= session.admin.connect();
    try {
      await session.connected;
    } catch (error) {
      session.connected = undefined;
      throw error;
    }
    return work(session.admin);
  };

  const dismiss = async (ms: number): Promise<void> => {
    const dismissed = current;
    current = undefined;
    if (dismissed === undefined) return;
    await inTime(dismissed.admin.disconnect(), ms).catch((error: unknown) => {
      logger.debug({ err: error }, 'an admin client did not disconnect cleanly');
    });
  };

  return {
    async use(work) {
      const outcome = await inTime(run(work), timeoutMs);
      if (outcome.kind === 'done') return outcome.value;
      void dismiss(timeoutMs);
      throw new TransportUnavailableError(`the broker did not answer within ${timeoutMs} ms`);
    },
    close: dismiss,
  };
}
