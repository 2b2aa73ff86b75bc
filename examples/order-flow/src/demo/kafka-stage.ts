import { randomBytes } from 'node:crypto';
import type { KafkaServer } from '@backstitch/devkit';
import type { KafkaDriver } from '../service/kafka-driver.js';
import { createServiceFleet } from '../service/service-fleet.js';
import type { CleanUp } from './clean-up.js';
import type { DemoStage } from './demo-stage.js';
import { findKafka } from './find-kafka.js';
import { openDatabases } from './open-databases.js';
import { removeTopics } from './remove-topics.js';

export interface KafkaStageOptions {
  readonly cleanUp: CleanUp;
  readonly signal: AbortSignal;
  readonly quiet: boolean;
  /** What the services log. */
  readonly level: string;
  readonly driver: KafkaDriver;
}

/** Each service in a process of its own, with a database of its own, on a real broker. */
export async function kafkaStage({ cleanUp, signal, quiet, level, driver }: KafkaStageOptions): Promise<DemoStage> {
  const kafka = await findKafka(quiet);
  cleanUp.add(() => kafka.stop());
  signal.throwIfAborted();
  const { servers, databases } = await openDatabases(cleanUp, { quiet });
  const fleet = createServiceFleet({
    built: new URL('../', import.meta.url),
    servers,
    brokers: kafka.brokers,
    driver,
    topicPrefix: usePrefix(kafka, cleanUp),
    answerWithin: '2s',
    logLevel: level,
    signal,
  });
  cleanUp.add(() => fleet.stopAll());
  await fleet.startAll();
  return {
    urls: fleet.urls,
    databases,
    silence: (name) => fleet.tell(name, 'silence'),
    speak: (name) => fleet.tell(name, 'speak'),
    crash: fleet.kill,
    restart: fleet.start,
  };
}

/** On a broker that is not ours the topics carry a name that nobody else has, and go away afterwards. */
function usePrefix(kafka: KafkaServer, cleanUp: CleanUp): string {
  if (kafka.kind !== 'given') return '';
  const prefix = `order-flow-demo-${randomBytes(4).toString('hex')}.`;
  cleanUp.add(() => removeTopics(kafka.brokers, prefix));
  return prefix;
}
