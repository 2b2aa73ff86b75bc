import type { Kafka } from 'kafkajs';

export interface ReadBackOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  /** So many different ones must be there. */
  readonly rows: number;
}

export interface ReadBack {
  readonly duplicates: number;
  readonly faults: readonly string[];
}

/** Reads the topic from its first record until every row is there, and holds each key to its order. */
export async function readBack({ kafka, topic, rows }: ReadBackOptions): Promise<ReadBack> {
  const consumer = kafka.consumer({ groupId: `${topic}-reader` });
  const lastOf = new Map<string, number>();
  const seen = new Set<number>();
  let duplicates = 0;
  let outOfOrder = 0;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
        const { key, n } = JSON.parse(message.value?.toString() ?? '') as { key: string; n: number };
        if (seen.has(n)) duplicates += 1;
        else if (n < (lastOf.get(key) ?? -1)) outOfOrder += 1;
        else lastOf.set(key, n);
        seen.add(n);
        if (seen.size === rows) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return { duplicates, faults: outOfOrder > 0 ? [`${outOfOrder} rows came out of order`] : [] };
}
