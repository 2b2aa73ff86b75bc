import { randomBytes } from 'node:crypto';
import type { KafkaServer } from '@backstitch/devkit';
import { type MessagingServiceName, type ServiceName, serviceNames } from '../service-names.js';
import type { CleanUp } from './clean-up.js';
import type { DemoStage } from './demo-stage.js';
import { findKafka } from './find-kafka.js';
import { openDatabases } from './open-databases.js';
import { removeTopics } from './remove-topics.js';
import { type ServiceProcess, startServiceProcess } from './service-process.js';

export interface KafkaStageOptions {
  readonly cleanUp: CleanUp;
  readonly signal: AbortSignal;
  readonly quiet: boolean;
  /** What the services log. */
  readonly level: string;
}

/** Each service in a process of its own, with a database of its own, on a real broker. */
export async function kafkaStage({ cleanUp, signal, quiet, level }: KafkaStageOptions): Promise<DemoStage> {
  const kafka = await findKafka(quiet);
  cleanUp.add(() => kafka.stop());
  signal.throwIfAborted();
  const { servers, databases } = await openDatabases(cleanUp, { quiet });
  const prefix = usePrefix(kafka, cleanUp);
  const running = new Map<ServiceName, ServiceProcess>();
  const url = (name: ServiceName): string => running.get(name)?.url ?? '';
  const start = async (name: ServiceName): Promise<void> => {
    const environment = {
      DATABASE_URL: servers[name],
      KAFKA_BROKERS: kafka.brokers.join(','),
      TOPIC_PREFIX: prefix,
      LOG_LEVEL: level,
      ...(name === 'orders' ? { CARTS_URL: url('carts'), PRODUCTS_URL: url('products'), ANSWER_WITHIN: '2s' } : {}),
    };
    running.set(name, await startServiceProcess(name, { environment, signal }));
  };
  cleanUp.add(() => Promise.all([...running.values()].map((service) => service.stop())));
  const others = serviceNames.filter((name) => name !== 'orders');
  const started = await Promise.allSettled(others.map(start));
  for (const each of started) if (each.status === 'rejected') throw each.reason;
  await start('orders');
  const tell = (name: MessagingServiceName, kind: 'silence' | 'speak'): void => running.get(name)?.tell({ kind });
  return {
    urls: () => Object.fromEntries(serviceNames.map((name) => [name, url(name)])) as Record<ServiceName, string>,
    databases,
    silence: (name) => tell(name, 'silence'),
    speak: (name) => tell(name, 'speak'),
    async crash(name) {
      await running.get(name)?.kill();
      running.delete(name);
    },
    restart: start,
  };
}

/** On a broker that is not ours the topics carry a name that nobody else has, and go away afterwards. */
function usePrefix(kafka: KafkaServer, cleanUp: CleanUp): string {
  if (kafka.kind !== 'given') return '';
  const prefix = `order-flow-demo-${randomBytes(4).toString('hex')}.`;
  cleanUp.add(() => removeTopics(kafka.brokers, prefix));
  return prefix;
}
