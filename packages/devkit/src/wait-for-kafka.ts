import { Kafka, logLevel } from 'kafkajs';
import { type WaitUntilOptions, waitUntil } from './wait-until.js';

/** A listening port is not yet a broker that serves, so it is asked for the cluster. */
export async function waitForKafka(brokers: string[], options: WaitUntilOptions): Promise<void> {
  const kafka = new Kafka({
    brokers,
    clientId: 'devkit',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  });
  await waitUntil(async () => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      await admin.describeCluster();
    } finally {
      await admin.disconnect();
    }
  }, options);
}
