import { type Logger, silentLogger } from '@backstitch/messaging';
import { KafkaTransportError } from './errors.js';

export interface HeaderLimits {
  /** Most headers of one record. Default 64. */
  readonly count: number;
  /** Most bytes of all names and values of one record. Default 8192. */
  readonly bytes: number;
}

/** What both Kafka transports can be told, whichever their client. */
export interface DriverOptions {
  /** Default: silent. */
  readonly logger?: Logger;
  /** Most bytes of a record. A larger one is refused unsent; a larger value read arrives cut and marked `poison`. Default 1 MiB. */
  readonly maxRecordBytes?: number;
  /** Incoming records beyond these arrive marked `poison`. */
  readonly headerLimits?: Partial<HeaderLimits>;
  /** After this a `send` rejects with `TransportUnavailableError`. Default 15,000 ms. */
  readonly sendTimeoutMs?: number;
  /** How often the offsets of handled records are committed. Default 1,000 ms. */
  readonly offsetCommitIntervalMs?: number;
  /** The broker gives a silent member's partitions away after this. Default 30,000 ms. */
  readonly sessionTimeoutMs?: number;
  /** Also how soon a member notices a rebalance. At most a third of the session's timeout. Default 3,000 ms. */
  readonly heartbeatIntervalMs?: number;
  /** How long a rebalance waits for a member whose handler runs. Default 60,000 ms. */
  readonly rebalanceTimeoutMs?: number;
  /** How long the broker holds a fetch that finds nothing. Bounds how long `close` waits for it. Default 500 ms. */
  readonly fetchWaitMs?: number;
  /** Most bytes of one partition in one fetch. Default 512 KiB. */
  readonly fetchBytesPerPartition?: number;
  /** Partitions that one subscription handles at the same time. Default 4. */
  readonly concurrentPartitions?: number;
  /** The pause after a handler's first rejection; doubled with each further one. Default 100 ms. */
  readonly redeliveryDelayMs?: number;
  /** The longest such pause. Default 5,000 ms. */
  readonly maxRedeliveryDelayMs?: number;
  /** How long `close` waits for running handlers unless told otherwise. Default 10,000 ms. */
  readonly closeTimeoutMs?: number;
  /**
   * A subscription that holds partitions with records to read, and for this long neither hears an answer to a fetch nor runs a handler,
   * ends with `KAFKA_CONSUMER_STALLED`. At least twice `fetchWaitMs`. Default 120,000 ms.
   */
  readonly stallTimeoutMs?: number;
}

export interface DriverSettings extends Required<Omit<DriverOptions, 'headerLimits'>> {
  readonly headerLimits: HeaderLimits;
}

const hour = 3_600_000;
const gibibyte = 2 ** 30;

/** Checks each option once. Throws `KAFKA_OPTION_INVALID` with the field, the value found and what to do. */
export function resolveDriverOptions(options: DriverOptions): DriverSettings {
  const settings: DriverSettings = {
    logger: options.logger ?? silentLogger,
    maxRecordBytes: integer('maxRecordBytes', options.maxRecordBytes ?? 1_048_576, { least: 1024, most: gibibyte }),
    headerLimits: {
      count: integer('headerLimits.count', options.headerLimits?.count ?? 64, { least: 1, most: 1000 }),
      bytes: integer('headerLimits.bytes', options.headerLimits?.bytes ?? 8192, { least: 1, most: gibibyte }),
    },
    sendTimeoutMs: integer('sendTimeoutMs', options.sendTimeoutMs ?? 15_000, { least: 100, most: hour }),
    offsetCommitIntervalMs: integer('offsetCommitIntervalMs', options.offsetCommitIntervalMs ?? 1000, {
      least: 10,
      most: hour,
    }),
    sessionTimeoutMs: integer('sessionTimeoutMs', options.sessionTimeoutMs ?? 30_000, { least: 1000, most: hour }),
    heartbeatIntervalMs: integer('heartbeatIntervalMs', options.heartbeatIntervalMs ?? 3000, { least: 50, most: hour }),
    rebalanceTimeoutMs: integer('rebalanceTimeoutMs', options.rebalanceTimeoutMs ?? 60_000, {
      least: 1000,
      most: hour,
    }),
    fetchWaitMs: integer('fetchWaitMs', options.fetchWaitMs ?? 500, { least: 10, most: 60_000 }),
    fetchBytesPerPartition: integer('fetchBytesPerPartition', options.fetchBytesPerPartition ?? 524_288, {
      least: 1024,
      most: gibibyte,
    }),
    concurrentPartitions: integer('concurrentPartitions', options.concurrentPartitions ?? 4, { least: 1, most: 1000 }),
    redeliveryDelayMs: integer('redeliveryDelayMs', options.redeliveryDelayMs ?? 100, { least: 1, most: hour }),
    maxRedeliveryDelayMs: integer('maxRedeliveryDelayMs', options.maxRedeliveryDelayMs ?? 5000, {
      least: 1,
      most: hour,
    }),
    closeTimeoutMs: integer('closeTimeoutMs', options.closeTimeoutMs ?? 10_000, { least: 0, most: hour }),
    stallTimeoutMs: integer('stallTimeoutMs', options.stallTimeoutMs ?? 120_000, { least: 100, most: hour }),
  };
  requireProportions(settings);
  return settings;
}

function requireProportions(settings: DriverSettings): void {
  if (settings.heartbeatIntervalMs * 3 > settings.sessionTimeoutMs) {
    throw invalid(
      'heartbeatIntervalMs',
      settings.heartbeatIntervalMs,
      `Give at most a third of sessionTimeoutMs (${settings.sessionTimeoutMs}).`,
    );
  }
  if (settings.stallTimeoutMs < settings.fetchWaitMs * 2) {
    throw invalid(
      'stallTimeoutMs',
      settings.stallTimeoutMs,
      `Give at least twice fetchWaitMs (${settings.fetchWaitMs}): an idle consumer is silent for as long as a fetch waits.`,
    );
  }
}

/** A whole number within bounds, or `KAFKA_OPTION_INVALID`. */
export function integer(
  field: string,
  value: number,
  bounds: { readonly least: number; readonly most: number },
): number {
  if (Number.isInteger(value) && value >= bounds.least && value <= bounds.most) return value;
  throw invalid(field, value, `Give a whole number from ${bounds.least} to ${bounds.most}.`);
}

export function invalid(field: string, value: unknown, hint: string): KafkaTransportError {
  return new KafkaTransportError('KAFKA_OPTION_INVALID', `${field} is not valid: ${String(value)}`, {
    fields: { field, value },
    hint,
  });
}
