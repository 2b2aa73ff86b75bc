import { type Clock, type Logger, silentLogger, systemClock } from '@backstitch/messaging';
import { quoteIdentifier } from '@backstitch/postgres';
import { backoffMs } from '../relay/backoff.js';
import { createWakeUp } from '../relay/wake-up.js';
import type { Relay } from '../relay.js';
import { hintChannel } from './hint-channel.js';

/** What is used of a `pg.Client`. Structural, so that no types of pg are needed. */
export interface ListeningClient {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  on(event: 'notification' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}

export interface HintListenerOptions {
  /** `() => new pg.Client(…)`, straight to Postgres: behind PgBouncer in transaction mode LISTEN hears nothing. */
  readonly client: () => ListeningClient;
  readonly relay: Pick<Relay, 'hint'>;
  /** Default `backstitch`. */
  readonly schema?: string;
  readonly clock?: Clock;
  /** For the jitter of reconnections: at least 0, less than 1. Default `Math.random`. */
  readonly random?: () => number;
  readonly logger?: Logger;
}

/**
 * Wakes a relay when a `HintSender` says that something was committed. It holds a connection and takes it up again when that is lost; in
 * between, and wherever notifications do not arrive, the relay polls as it does without.
 */
export interface HintListener {
  start(): void;
  /** One connection, from its beginning to its end. Resolves when it is over; rejects where there is none to be had. */
  runOnce(): Promise<void>;
  stop(): Promise<void>;
}

const backoff = { firstMs: 250, longestMs: 30_000 };

export function createHintListener(options: HintListenerOptions): HintListener {
  const { client: newClient, relay, clock = systemClock, random = Math.random, logger = silentLogger } = options;
  const channel = hintChannel(options.schema ?? 'backstitch');
  const wakeUp = createWakeUp(clock);
  let isStarted = false;
  let current: ListeningClient | undefined;
  let loop: Promise<void> = Promise.resolve();
  let failures = 0;

  const runOnce = async (): Promise<void> => {
    const client = newClient();
    const ended = new Promise<void>((resolve) => {
      client.on('end', resolve);
      // Without a listener the loss of the connection would end the process.
      client.on('error', () => resolve());
    });
    client.on('notification', () => relay.hint([]));
    current = client;
    try {
      await client.connect();
      await client.query(`listen ${quoteIdentifier(channel)}`);
      failures = 0;
      // What was said while nobody listened is not said again.
      relay.hint([]);
      await ended;
    } finally {
      current = undefined;
      await client.end().catch(() => undefined);
    }
  };
  const run = async (): Promise<void> => {
    while (isStarted) {
      try {
        await runOnce();
      } catch (error) {
        failures += 1;
        logger.warn({ error, failures }, 'hints are not heard; the relay polls');
      }
      if (isStarted) await wakeUp.sleep(backoffMs(Math.max(failures, 1), { ...backoff, random }));
    }
  };
  return {
    runOnce,
    start() {
      if (isStarted) return;
      isStarted = true;
      loop = loop.then(run);
    },
    async stop() {
      isStarted = false;
      wakeUp.wake();
      await current?.end().catch(() => undefined);
      await loop;
    },
  };
}
