import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';

/** The keys of everything that stands in a topic now. */
export async function readTopicKeys(brokers: readonly string[], topic: string): Promise<readonly string[]> {
  const kafka = new Kafka({ clientId: 'test', brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
  const expected = offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const keys: string[] = [];
  if (expected === 0) return keys;
  const consumer = kafka.consumer({ groupId: `test-${randomBytes(6).toString('hex')}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { readonly message: { readonly key: Buffer | null } }): Promise<void> => {
        keys.push(message.key?.toString() ?? '');
        if (keys.length === expected) resolve();
      };
      consumer.run({ eachMessage }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return keys;
}
