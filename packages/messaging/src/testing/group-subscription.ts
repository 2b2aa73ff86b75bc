import { TransportUnavailableError } from '../errors.js';
import type { Subscription } from '../transport.js';

/** A subscription that can also end as a killed process ends. */
export interface GroupSubscription extends Subscription {
  crash(): void;
}

export interface GroupSubscriptionOptions {
  readonly memberId: string;
  /** Takes no new batch and resolves when the running ones have ended, or after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
  leave(): void;
}

const defaultCloseTimeoutMs = 30_000;

export function createGroupSubscription({ memberId, drain, leave }: GroupSubscriptionOptions): GroupSubscription {
  let closing: Promise<void> | undefined;
  let hasStopped = (): void => undefined;
  let hasDied = (_error: Error): void => undefined;
  const stopped = new Promise<void>((resolve, reject) => {
    hasStopped = resolve;
    hasDied = reject;
  });
  // Whoever does not ask for `stopped` must not be killed by its rejection.
  stopped.catch(() => undefined);

  const close = async (timeoutMs: number): Promise<void> => {
    await drain(timeoutMs);
    leave();
    hasStopped();
  };
  return {
    stopped,
    close(options = {}) {
      closing ??= close(options.timeoutMs ?? defaultCloseTimeoutMs);
      return closing;
    },
    crash() {
      leave();
      hasDied(new TransportUnavailableError('the consumer crashed', { fields: { member: memberId } }));
      closing = Promise.resolve();
    },
  };
}
