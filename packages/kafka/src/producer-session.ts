import {
  classifyTrouble,
  inTime,
  type ProduceOutcome,
  type ProducerPort,
  type SendEntry,
} from '@backstitch/kafka-driver';
import type { Logger } from '@backstitch/messaging';
import kafkajs, { type Message, type Producer, type RecordMetadata } from 'kafkajs';
import type { KafkaClient } from './kafka-client.js';

export interface ProducerSessionOptions {
  readonly kafka: KafkaClient;
  readonly sendTimeoutMs: number;
  readonly logger: Logger;
}

/** Few and quick: the caller has a policy of its own, and it must hear of trouble in bounded time. */
const retry = { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 };
const retiredCloseMs = 30_000;

/** A kafkajs producer that connects when it is first used and is replaced when it is not to be trusted any more. */
export function createProducerSession(options: ProducerSessionOptions): ProducerPort {
  const { kafka, sendTimeoutMs, logger } = options;
  const partitions = new WeakMap<SendEntry, number>();
  const owners = new WeakMap<object, SendEntry>();
  let current: { readonly producer: Producer; connected: Promise<void> | undefined } | undefined;

  const createPartitioner = pinnedPartitioner((message, partition) => {
    const entry = owners.get(message);
    if (entry !== undefined) partitions.set(entry, partition);
  });

  const send = async (entries: readonly SendEntry[]): Promise<RecordMetadata[]> => {
    current ??= {
      producer: kafka.producer({ createPartitioner, allowAutoTopicCreation: false, retry }),
      connected: undefined,
    };
    const session = current;
    session.connected ??= session.producer.connect();
    try {
      await session.connected;
    } catch (error) {
      session.connected = undefined;
      throw error;
    }
    return session.producer.sendBatch({ acks: -1, topicMessages: byTopic(entries, owners) });
  };

  /**
   * kafkajs repeats a failed request only at brokers that have not answered yet. A partition that moves meanwhile to one that has is not
   * sent at all, and the request resolves: so each partition is looked for in the answer.
   */
  const isUnanswered = (entries: readonly SendEntry[], answers: readonly RecordMetadata[]): boolean => {
    const answered = new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
    return entries.some((entry) => !answered.has(`${entry.record.topic}/${partitions.get(entry)}`));
  };

  const retire = (): void => {
    const retired = current;
    current = undefined;
    if (retired === undefined) return;
    inTime(retired.producer.disconnect(), retiredCloseMs).catch((error: unknown) => {
      logger.debug({ err: error }, 'a retired producer did not disconnect cleanly');
    });
  };

  return {
    async produce(entries) {
      try {
        const outcome = await inTime(send(entries), sendTimeoutMs);
        if (outcome.kind === 'done') {
          const unanswered = isUnanswered(entries, outcome.value);
          return unanswered ? unavailable('PARTITION_UNANSWERED') : { written: new Set(entries), trouble: undefined };
        }
      } catch (error) {
        // kafkajs does not say which partitions were written before one failed.
        return { written: new Set(), trouble: classifyTrouble(error) };
      }
      // The request may still be written. A new producer does not queue behind it, and the records that follow are sent again by the caller.
      retire();
      return unavailable('SEND_TIMEOUT');
    },
    partitionOf: (entry) => partitions.get(entry),
    retire,
    async close(timeoutMs) {
      const last = current;
      current = undefined;
      if (last !== undefined) await inTime(last.producer.disconnect(), timeoutMs);
    },
  };
}

function unavailable(type: string): ProduceOutcome {
  return { written: new Set(), trouble: { kind: 'unavailable', type, cause: undefined } };
}

/** murmur2 as in the Java client, pinned: another partitioner would move keys to other partitions during a rolling deploy. */
function pinnedPartitioner(
  onChosen: (message: object, partition: number) => void,
): () => ReturnType<typeof kafkajs.Partitioners.DefaultPartitioner> {
  return () => {
    const choose = kafkajs.Partitioners.DefaultPartitioner();
    return (args) => {
      const partition = choose(args);
      onChosen(args.message, partition);
      return partition;
    };
  };
}

function byTopic(
  entries: readonly SendEntry[],
  owners: WeakMap<object, SendEntry>,
): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>();
  for (const entry of entries) {
    const { topic, key, value, headers } = entry.record;
    const message: Message = { key, value, ...(headers === undefined ? {} : { headers: { ...headers } }) };
    owners.set(message, entry);
    const messages = topics.get(topic);
    if (messages === undefined) topics.set(topic, [message]);
    else messages.push(message);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
