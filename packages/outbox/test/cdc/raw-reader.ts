import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';

/** A record as it lies in the topic. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Everything in some topics, from their first record on. */
export interface RawReader {
  readonly read: readonly RawRecord[];
  /** Resolves when what was read fits. */
  until(fits: (read: readonly RawRecord[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

/** Creates the topics, three partitions each, and reads them. kafkajs alone: what the transport makes of a record is not asked here. */
export async function openRawReader(brokers: readonly string[], topics: readonly string[]): Promise<RawReader> {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 3 })), waitForLeaders: true });
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: `raw-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  const read: RawRecord[] = [];
  const looks = new Set<() => void>();
  await consumer.run({
    eachMessage: async ({ topic, partition, message: { key, value, headers } }) => {
      const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)] as const);
      // latin1, so that the comparison is one of bytes.
      const [keyBytes, valueBytes] = [key?.toString('latin1') ?? 'null', value?.toString('latin1') ?? 'null'];
      read.push({ topic, partition, key: keyBytes, value: valueBytes, headers: Object.fromEntries(texts) });
      for (const look of looks) look();
    },
  });
  return {
    read,
    until: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!fits(read)) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        look();
      }),
    close: () => consumer.disconnect(),
  };
}
