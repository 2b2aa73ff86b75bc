import { foundText, type Clock, type Logger, silentLogger, systemClock, type Transport } from '@backstitch/messaging';
import { OutboxError } from '../errors.js';
import type { ClaimedRow } from '../outbox-row.js';
import type { OutboxStore } from '../outbox-store.js';
import { requirePositive } from '../require-positive.js';

export interface RelayOptions {
  readonly store: OutboxStore;
  readonly transport: Transport;
  /** Most rows of one topic sent at once; up to four times as many are claimed at once. Default 500. */
  readonly batchSize?: number;
  /** Most bytes of payload and key sent at once, a single larger row apart. Default 786_432: below Kafka's 1 MiB for one request's partition. */
  readonly batchBytes?: number;
  /** How long a batch that is not full waits for more rows of its topic, in milliseconds. Default 0: it goes at once. */
  readonly maxBatchAgeMs?: number;
  /** Rows a second of some topics, for this relay: two relays send twice as many. Default: as fast as the broker answers. */
  readonly topicRates?: Readonly<Record<string, number>>;
  /** The pause between two looks at the table while there is work, in milliseconds. Default 200. */
  readonly pollIntervalMs?: number;
  /** What that pause grows to while there is none. Default 1000. */
  readonly longestPollIntervalMs?: number;
  /** How long a claimed row is this relay's, in milliseconds. Longer than a send may take. Default 30_000. */
  readonly leaseMs?: number;
  /** Most rows held in memory. What is published directly beyond it is left to the poller. Default 10_000. */
  readonly maxHeldRows?: number;
  /** How long the outcomes of sends are gathered before they are recorded, in milliseconds. Default 10. */
  readonly settleLingerMs?: number;
  /** Paces the loops. Default: the machine's. */
  readonly clock?: Clock;
  /** Milliseconds that never go back, for the ends of leases: the same as the store's and the table's. Default `performance.now()`. */
  readonly monotonicNowMs?: () => number;
  /** For jitter: at least 0, less than 1. Default `Math.random`. */
  readonly random?: () => number;
  readonly logger?: Logger;
  /** Told after rows were sent and that is recorded. What it throws is logged. */
  readonly onDelivered?: (rows: readonly ClaimedRow[]) => void;
}

export type RelaySettings = Required<RelayOptions>;

/** Fills in the defaults; throws OPTIONS_INVALID with the field, the value found and what to do. */
export function relaySettings(options: RelayOptions): RelaySettings {
  const settings: RelaySettings = {
    batchSize: 500,
    batchBytes: 786_432,
    maxBatchAgeMs: 0,
    topicRates: {},
    pollIntervalMs: 200,
    longestPollIntervalMs: 1_000,
    leaseMs: 30_000,
    maxHeldRows: 10_000,
    settleLingerMs: 10,
    clock: systemClock,
    monotonicNowMs: () => performance.now(),
    random: Math.random,
    logger: silentLogger,
    onDelivered: () => undefined,
    ...options,
  };
  for (const name of [
    'batchSize',
    'batchBytes',
    'pollIntervalMs',
    'longestPollIntervalMs',
    'leaseMs',
    'maxHeldRows',
  ] as const) {
    requirePositive(name, settings[name]);
  }
  if (!(settings.maxBatchAgeMs >= 0 && settings.maxBatchAgeMs < settings.leaseMs / 2)) {
    throw invalid('maxBatchAgeMs', settings.maxBatchAgeMs, 'Give milliseconds, 0 or more, less than half the lease.');
  }
  for (const [topic, rate] of Object.entries(settings.topicRates)) requirePositive(`topicRates.${topic}`, rate);
  if (!Number.isInteger(settings.batchSize))
    throw invalid('batchSize', settings.batchSize, 'Give a whole number of rows.');
  if (!(settings.settleLingerMs >= 0))
    throw invalid('settleLingerMs', settings.settleLingerMs, 'Give milliseconds, 0 or more.');
  if (settings.longestPollIntervalMs < settings.pollIntervalMs) {
    throw invalid(
      'longestPollIntervalMs',
      settings.longestPollIntervalMs,
      `Give at least pollIntervalMs, ${settings.pollIntervalMs}.`,
    );
  }
  return settings;
}

function invalid(field: string, found: unknown, hint: string): OutboxError {
  return new OutboxError('OPTIONS_INVALID', `${field} is ${foundText(found)}.`, { fields: { field, found }, hint });
}
