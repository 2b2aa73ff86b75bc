import type { ClaimedRow } from './outbox-row.js';
import { createBrokerPause } from './relay/broker-pause.js';
import { createClaimer } from './relay/claimer.js';
import { createLaneQueue } from './relay/lane-queue.js';
import { createPump } from './relay/pump.js';
import { type RelayOptions, relaySettings } from './relay/relay-options.js';
import { runOnce } from './relay/run-once.js';
import { createSender, released } from './relay/sender.js';
import { createSettler } from './relay/settler.js';
import { createTopicRates } from './relay/topic-rates.js';
import { createWakeUp } from './relay/wake-up.js';
import { OutboxError } from './errors.js';

/** Sends what the outbox holds. Any number may run on one table. */
export interface Relay {
  /** Begins to poll and to send. A relay that was stopped cannot be started again (RELAY_STOPPED). */
  start(): void;
  /** Claims, sends and settles one batch, for callers with a schedule of their own. Rejects where the store does. */
  runOnce(): Promise<RelayRun>;
  /**
   * Takes no more, finishes what is in flight, gives the rest back. After `timeoutMs` (default 10 seconds) it stops waiting; the leases then
   * run out by themselves.
   */
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
  /**
   * Sends rows born under this process's lease straight from memory. Only for a transaction that the library opened and whose COMMIT
   * answered `COMMIT`. What cannot be sent in time and in its lane's order is left to `claim`; nothing is thrown.
   */
  publish(rows: readonly ClaimedRow[]): void;
  /** Says that these rows may have been committed: they are claimed on the relay's own connection and sent if they are there. */
  hint(ids: readonly string[]): void;
}

export interface RelayRun {
  readonly claimed: number;
  readonly sent: number;
  readonly refused: number;
  /** Given back: broker trouble, or behind a refused row of their lane. */
  readonly released: number;
  /** Sent or refused, but not recorded, because the lease had ended. */
  readonly lost: number;
}

/**
 * Transactional outbox with a polling publisher (Richardson, Microservices Patterns, 2018, 3.3), and publication from memory after a
 * commit that this process saw succeed. Delivers at least once, the rows of a lane in order at their first delivery.
 */
export function createRelay(options: RelayOptions): Relay {
  const settings = relaySettings(options);
  const { clock, logger } = settings;
  const rates = createTopicRates(settings.topicRates);
  const queue = createLaneQueue({ maxHeld: settings.maxHeldRows, roomFor: rates.roomFor });
  const claimer = createClaimer(settings, () => queue.held() > 0);
  const wakeClaims = createWakeUp(clock);
  const wakeSends = createWakeUp(clock);
  const wakeAll = (): void => {
    wakeClaims.wake();
    wakeSends.wake();
  };
  const pause = createBrokerPause({ clock, random: settings.random, onEnd: wakeAll });
  const sender = createSender({ settings, queue, pause });
  const settler = createSettler({
    ...{ store: settings.store, clock, logger, random: settings.random },
    ...{ monotonicNowMs: settings.monotonicNowMs, lingerMs: settings.settleLingerMs },
    onOver(over, settled) {
      queue.forget(over.map(({ row }) => row));
      const sent = new Set(settled.filter(({ kind }) => kind === 'sent').map(({ id }) => id));
      if (sent.size > 0) tell(over.filter(({ row }) => sent.has(row.id)).map(({ row }) => row));
      if (claimer.isBehind() || settled.some(({ kind }) => kind === 'released')) wakeClaims.wake();
    },
  });
  const tell = (rows: readonly ClaimedRow[]): void => {
    try {
      settings.onDelivered(rows);
    } catch (error) {
      logger.error({ error }, 'onDelivered threw');
    }
  };
  const pump = createPump({ settings, queue, claimer, pause, sender, settler, rates, wakeClaims, wakeSends });

  return {
    start: pump.start,
    stop: pump.stop,
    async runOnce() {
      if (pump.state() === 'stopped')
        throw new OutboxError('RELAY_STOPPED', 'The relay is stopped.', { hint: 'Create a new one.' });
      return runOnce(settings, settler);
    },
    publish(rows) {
      if (pump.state() !== 'started') return;
      // While the broker is away memory would only fill: given back, the rows wait in the table.
      const left = pause.state() === 'open' ? queue.offer(rows, settings.monotonicNowMs()) : rows;
      if (left.length > 0) settler.add(released(left));
      if (left.length < rows.length) wakeSends.wake();
    },
    hint(ids) {
      if (pump.state() !== 'started') return;
      claimer.hint(ids);
      wakeClaims.wake();
    },
  };
}
