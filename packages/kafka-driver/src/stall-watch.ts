import type { Logger } from '@backstitch/messaging';
import { KafkaTransportError } from './errors.js';
import type { GroupMember } from './group-member.js';
import type { TopicAdmin } from './topic-admin.js';

export interface StallWatchOptions {
  readonly group: string;
  readonly stallTimeoutMs: number;
  readonly logger: Logger;
  readonly lag: TopicAdmin['lag'];
  readonly member: () => GroupMember | undefined;
  /** Told once; the watch has ended then. */
  readonly onStalled: (error: KafkaTransportError) => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** Notices a consumer that stopped without a word. */
export interface StallWatch {
  /** A broker has answered a fetch, or a batch has returned. */
  sign(): void;
  start(): void;
  /** One look at the consumer. Never rejects. */
  runOnce(): Promise<void>;
  stop(): void;
}

/** A look that comes later than this many intervals says that the whole process stood still, and nothing about its consumer. */
const lateIntervals = 3;

/**
 * A consumer is stalled where for `stallTimeoutMs` no fetch was answered and no handler ran although it holds partitions, and the broker,
 * asked on another connection, has records there that the group has not handled. Both are needed. Silence alone is an outage, which the
 * member's own recovery waits out, or a cluster with nothing to read; lag alone is a slow handler. A heartbeat is no sign of life:
 * a member that beats and reads nothing is the worst kind (kafkajs#659, #1072), because its group takes it for a good one.
 */
export function createStallWatch(options: StallWatchOptions): StallWatch {
  const { group, stallTimeoutMs, logger } = options;
  const now = options.now ?? (() => performance.now());
  const intervalMs = stallTimeoutMs / 4;
  let lastSign = now();
  let lastLook = now();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let ended = false;

  const look = async (): Promise<void> => {
    const member = options.member();
    const partitions = member?.assigned() ?? [];
    const sleptThrough = now() - lastLook > intervalMs * lateIntervals;
    lastLook = now();
    if (sleptThrough || partitions.length === 0 || member?.isBusy() === true) lastSign = now();
    const silentMs = now() - lastSign;
    if (silentMs < stallTimeoutMs) return;
    const behind = await options.lag(group, partitions).catch((error: unknown) => {
      logger.warn({ group, silentMs, err: error }, 'a consumer is silent, and the broker does not say what it misses');
      return 0n;
    });
    // It may have spoken, or been replaced, while the broker was asked.
    if (ended || behind === 0n || now() - lastSign < stallTimeoutMs || options.member() !== member) return;
    watch.stop();
    const error = consumerStalled({ group, silentMs: Math.round(silentMs), behind, partitions: partitions.length });
    logger.error({ ...error.fields, err: error }, 'a consumer has stopped reading without a word');
    options.onStalled(error);
  };

  const watch: StallWatch = {
    sign() {
      lastSign = now();
    },
    start() {
      watch.sign();
      lastLook = now();
      timer = setInterval(() => void watch.runOnce(), intervalMs);
    },
    runOnce() {
      if (ended) return Promise.resolve();
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
    stop() {
      ended = true;
      clearInterval(timer);
    },
  };
  return watch;
}

function consumerStalled(evidence: {
  readonly group: string;
  readonly silentMs: number;
  readonly behind: bigint;
  readonly partitions: number;
}): KafkaTransportError {
  const { group, silentMs, behind } = evidence;
  return new KafkaTransportError(
    'KAFKA_CONSUMER_STALLED',
    `the consumer of group "${group}" has read nothing for ${silentMs} ms and is ${behind} records behind`,
    {
      fields: { ...evidence, behind: behind.toString() },
      hint: 'Start a new process: this one holds partitions that nobody else can read. Its log and the broker tell what froze.',
    },
  );
}
