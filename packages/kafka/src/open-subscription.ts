import { MessagingError, type SubscribeOptions, type Subscription, TransportUnavailableError } from '@backstitch/messaging';
import { classifyTrouble } from './classify-trouble.js';
import { notAuthorized } from './ensure-topics.js';
import { KafkaTransportError } from './errors.js';
import { createGroupMember, type GroupMember } from './group-member.js';
import { type CrashVerdict, judgeCrash } from './judge-crash.js';
import { createRedeliveryDelays } from './redelivery-delays.js';
import { integer, invalid, type TransportSettings } from './transport-options.js';

/**
 * Keeps one member in the group until it is closed: a crashed consumer is replaced after a pause, unless waiting cannot mend what it died
 * of. Resolves at the first assignment; where that fails the caller hears of it and nothing goes on behind its back.
 */
export async function openSubscription(options: SubscribeOptions, settings: TransportSettings): Promise<Subscription> {
  const { group, topics, maxBatchRecords } = checked(options);
  const { logger } = settings;
  const delays = createRedeliveryDelays({ firstMs: settings.redeliveryDelayMs, mostMs: settings.maxRedeliveryDelayMs });
  const end = deferred();
  let crashesInARow = 0;
  let closing: Promise<void> | undefined;
  let rejoinTimer: NodeJS.Timeout | undefined;
  let member: GroupMember = newMember();

  function newMember(): GroupMember {
    return createGroupMember({
      group,
      topics,
      maxBatchRecords,
      delays,
      settings,
      handle: options.handle,
      onProgress: () => {
        crashesInARow = 0;
      },
      onCrash: recover,
    });
  }

  function recover(error: unknown): void {
    if (closing !== undefined) return;
    crashesInARow++;
    const verdict = judgeCrash(error, crashesInARow);
    logger.error({ group, crashesInARow, verdict, err: error }, 'a consumer crashed');
    obey(verdict, error);
  }

  function obey(verdict: CrashVerdict, error: unknown): void {
    switch (verdict.kind) {
      case 'die':
        end.reject(died(group, verdict.why, error));
        return;
      case 'rejoin':
        rejoinTimer = setTimeout(() => {
          member = newMember();
          member.join().then(() => logger.info({ group }, 'a consumer has joined again'), recover);
        }, verdict.delayMs);
        return;
    }
  }

  const close = async (timeoutMs: number): Promise<void> => {
    clearTimeout(rejoinTimer);
    await member.leave(timeoutMs);
    end.resolve();
  };

  // Who does not look at `stopped` has the log; the process must not end by an unhandled rejection.
  end.promise.catch(() => undefined);
  try {
    await member.join();
  } catch (error) {
    throw joinError(group, topics, error);
  }
  return {
    stopped: end.promise,
    close({ timeoutMs = settings.closeTimeoutMs } = {}) {
      closing ??= close(timeoutMs);
      return closing;
    },
  };
}

function checked(options: SubscribeOptions): { group: string; topics: readonly string[]; maxBatchRecords: number } {
  const { group, topics, maxBatchRecords = 500 } = options;
  if (typeof group !== 'string' || group === '') throw invalid('group', group, 'Give the name of a consumer group.');
  if (topics.length === 0 || topics.includes('')) throw invalid('topics', topics, 'Give the names of the topics to read.');
  return { group, topics: [...new Set(topics)], maxBatchRecords: integer('maxBatchRecords', maxBatchRecords, { least: 1, most: 1_000_000 }) };
}

function joinError(group: string, topics: readonly string[], error: unknown): Error {
  const trouble = classifyTrouble(error);
  if (trouble.kind === 'refusal' && trouble.code === 'UNKNOWN_TOPIC') {
    return new MessagingError('TOPIC_UNKNOWN', `one of these topics does not exist: ${topics.join(', ')}`, {
      cause: error,
      fields: { group, topics },
      hint: 'Create it with ensureTopics: no topic is created by use.',
    });
  }
  const verdict = judgeCrash(error, 1);
  if (verdict.kind === 'die') {
    return verdict.why.endsWith('_AUTHORIZATION_FAILED') ? notAuthorized(group, error) : died(group, verdict.why, error);
  }
  return new TransportUnavailableError(`group "${group}" could not be joined now (${trouble.type ?? 'no answer'})`, {
    cause: error,
    fields: { group, type: trouble.type },
  });
}

function died(group: string, why: string, cause: unknown): KafkaTransportError {
  return new KafkaTransportError('KAFKA_CONSUMER_DIED', `the consumer of group "${group}" died of ${why}`, {
    cause,
    fields: { group, why },
    hint: 'Waiting does not mend this: correct the cause, then start a new process.',
  });
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function deferred(): Deferred {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve: () => resolve(), reject: (error) => reject(error) };
}
