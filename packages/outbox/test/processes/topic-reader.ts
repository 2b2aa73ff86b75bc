import { randomUUID } from 'node:crypto';
import { kafkaTransport } from '@backstitch/kafka';
import type { Transport } from '@backstitch/messaging';
import kafkajs from 'kafkajs';

export interface Counted {
  readonly key: string;
  readonly n: number;
  readonly undone?: boolean;
}

/** A topic of the test's own, read from its first record. */
export interface TopicReader {
  readonly topic: string;
  readonly transport: Transport;
  /** What has been read, in the order of each key. */
  readonly read: readonly Counted[];
  /** Resolves when what was read fits. */
  until(fits: (read: readonly Counted[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openTopicReader(brokers: readonly string[]): Promise<TopicReader> {
  const topic = `outbox-${randomUUID()}`;
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
  const transport = kafkaTransport({ kafka });
  await transport.ensureTopics([{ topic, partitions: 3 }]);
  const read: Counted[] = [];
  const looks = new Set<() => void>();
  const subscription = await transport.subscribe({
    group: topic,
    topics: [topic],
    async handle({ records }) {
      for (const record of records) read.push(JSON.parse(record.value ?? 'null') as Counted);
      for (const look of looks) look();
    },
  });
  return {
    topic,
    transport,
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
    async close() {
      await subscription.close();
      await transport.close();
    },
  };
}

/** The numbers of each key in the order of their first delivery, and how many records were delivered again. */
export function firstDeliveries(read: readonly Counted[]): {
  readonly byKey: ReadonlyMap<string, readonly number[]>;
  readonly duplicates: number;
} {
  const byKey = new Map<string, number[]>();
  let duplicates = 0;
  for (const { key, n } of read) {
    const seen = byKey.get(key) ?? [];
    if (seen.includes(n)) duplicates += 1;
    else seen.push(n);
    byKey.set(key, seen);
  }
  return { byKey, duplicates };
}
