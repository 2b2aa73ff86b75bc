import { inTime } from '@backstitch/kafka-driver';
import { type Logger, TransportUnavailableError } from '@backstitch/messaging';
import type { Admin } from 'kafkajs';
import type { KafkaClient } from './kafka-client.js';

/** A kafkajs admin client that connects when it is first used. */
export interface AdminSession {
  /** Rejects with what `work` rejects with, or with `TransportUnavailableError` after the time-out. */
  use<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  /** As `use`, on a client of its own: some of kafkajs' questions stay with a client and fail its later ones when a topic is deleted. */
  apart<T>(work: (admin: Admin) => Promise<T>): Promise<T>;
  close(timeoutMs: number): Promise<void>;
}

export interface AdminSessionOptions {
  readonly kafka: KafkaClient;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

export function createAdminSession({ kafka, timeoutMs, logger }: AdminSessionOptions): AdminSession {
  const newAdmin = (): Admin => kafka.admin({ retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 } });
  let current: { readonly admin: Admin; connected: Promise<void> | undefined } | undefined;

  const run = async <T>(work: (admin: Admin) => Promise<T>): Promise<T> => {
    current ??= { admin: newAdmin(), connected: undefined };
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

  const disconnect = async (admin: Admin, ms: number): Promise<void> => {
    await inTime(admin.disconnect(), ms).catch((error: unknown) => {
      logger.debug({ err: error }, 'an admin client did not disconnect cleanly');
    });
  };

  const dismiss = async (ms: number): Promise<void> => {
    const dismissed = current;
    current = undefined;
    if (dismissed !== undefined) await disconnect(dismissed.admin, ms);
  };

  const answerOf = async <T>(question: Promise<T>): Promise<T> => {
    const outcome = await inTime(question, timeoutMs);
    if (outcome.kind === 'done') return outcome.value;
    throw new TransportUnavailableError(`the broker did not answer within ${timeoutMs} ms`);
  };

  return {
    async use(work) {
      try {
        return await answerOf(run(work));
      } catch (error) {
        // A client whose question got lost is not to be trusted with the next one.
        if (error instanceof TransportUnavailableError) void dismiss(timeoutMs);
        throw error;
      }
    },
    async apart(work) {
      const admin = newAdmin();
      try {
        const connected = admin.connect().catch((cause: unknown) => {
          throw new TransportUnavailableError('no broker could be reached', { cause });
        });
        return await answerOf(connected.then(() => work(admin)));
      } finally {
        void disconnect(admin, timeoutMs);
      }
    },
    close: dismiss,
  };
}
