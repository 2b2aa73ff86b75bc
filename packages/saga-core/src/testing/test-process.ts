import { type Clock, type Logger, silentLogger } from '@backstitch/messaging';
import type { InMemoryBroker, InMemoryTransport } from '@backstitch/messaging/testing';
import { createRelay, type OutboxStore, type Relay } from '@backstitch/outbox';
import { mortalClock } from './mortal-clock.js';
import { type Life, watchedStore } from './watched-store.js';
import type { TestActivity } from './test-activity.js';
import type { TestClock } from './test-clock.js';

/** An engine or a participant of a test engine, as a process that may end at any moment. */
export interface TestProcess {
  readonly name: string;
  isRunning(): boolean;
  /**
   * Ends it as a kill does, from this very moment: transactions under way are rolled back, what it held in memory is gone, the broker delivers
   * again what it had not finished, and its leases run out by themselves. May be called from inside a handler or a step.
   */
  crash(): void;
  /** Begins it anew on what its tables hold. One that runs is closed first, in good order. */
  restart(): Promise<void>;
}

/** What runs in a process. */
export interface Service {
  ensureTopics(): Promise<void>;
  open(): Promise<void>;
  close(options: { readonly timeoutMs: number }): Promise<void>;
}

export interface ProcessParts {
  readonly life: Life;
  readonly transport: InMemoryTransport;
  readonly relay: Relay;
  /** For loops that look again now and then. */
  readonly clock: Clock;
}

export interface TestProcessOptions<Running extends Service> {
  readonly name: string;
  readonly broker: InMemoryBroker;
  readonly clock: TestClock;
  readonly activity: TestActivity;
  readonly outbox: OutboxStore;
  readonly random: () => number;
  readonly logger?: Logger | undefined;
  readonly make: (parts: ProcessParts) => Running;
}

export interface OpenTestProcess<Running> extends TestProcess {
  /** The service that runs now, or that ran last. */
  service(): Running;
  relay(): Pick<Relay, 'runOnce'>;
  close(): Promise<void>;
}

/** Longer than any test: the loops are woken by what happens, and asked to look by `settle`. */
const neverMs = 1e15;

interface Incarnation<Running> {
  readonly service: Running;
  readonly relay: Relay;
  readonly transport: InMemoryTransport;
  end(): void;
}

export async function openTestProcess<Running extends Service>(
  options: TestProcessOptions<Running>,
): Promise<OpenTestProcess<Running>> {
  const { name } = options;
  let current = await begin(options);
  let isRunning = true;
  const close = async (): Promise<void> => {
    if (!isRunning) return;
    isRunning = false;
    await current.service.close({ timeoutMs: 10_000 });
    await current.relay.stop({ timeoutMs: 10_000 });
    await current.transport.close();
  };
  return {
    name,
    isRunning: () => isRunning,
    service: () => current.service,
    relay: () => current.relay,
    close,
    crash() {
      if (!isRunning) return;
      isRunning = false;
      const { service, relay, transport, end } = current;
      end();
      transport.crash();
      // Nobody waits for what a killed process still wanted to do.
      const left = [service.close({ timeoutMs: 0 }), relay.stop({ timeoutMs: 0 })];
      for (const each of left) each.catch(() => undefined);
    },
    async restart() {
      await close();
      current = await begin(options);
      isRunning = true;
    },
  };
}

async function begin<Running extends Service>(options: TestProcessOptions<Running>): Promise<Incarnation<Running>> {
  const { broker, clock, activity, outbox, random, logger = silentLogger, make } = options;
  let over = false;
  const life: Life = { activity, isOver: () => over };
  const transport = broker.transport();
  const exact = mortalClock(clock.exact);
  const lazy = mortalClock(clock.lazy);
  const relay = createRelay({
    store: watchedStore(outbox, life),
    ...{ transport, logger, random },
    clock: exact,
    monotonicNowMs: clock.now,
    settleLingerMs: 0,
    pollIntervalMs: neverMs,
    longestPollIntervalMs: neverMs,
  });
  const service = make({ life, transport, relay, clock: lazy });
  relay.start();
  await service.ensureTopics();
  await service.open();
  const end = (): void => {
    over = true;
    exact.end();
    lazy.end();
  };
  return { service, relay, transport, end };
}
