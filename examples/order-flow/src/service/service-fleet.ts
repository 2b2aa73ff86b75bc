import { type MessagingServiceName, type ServiceName, serviceNames } from '../service-names.js';
import type { KafkaDriver } from './kafka-driver.js';
import { type ServiceProcess, startServiceProcess } from './service-process.js';

export interface ServiceFleetOptions {
  /** The folder of the built files, with a slash at the end. */
  readonly built: URL;
  /** A connection string for each service. */
  readonly servers: Readonly<Record<ServiceName, string>>;
  readonly brokers: readonly string[];
  readonly driver: KafkaDriver;
  /** Stands before every topic and group. */
  readonly topicPrefix: string;
  /** How long one attempt of a participant may take: `2s`. */
  readonly answerWithin: string;
  /** What the services log, to standard error. */
  readonly logLevel: string;
  readonly signal: AbortSignal;
}

/** All five services, each in a process of its own. */
export interface ServiceFleet {
  urls(): Readonly<Record<ServiceName, string>>;
  startAll(): Promise<void>;
  start(name: ServiceName): Promise<void>;
  /** SIGKILL. */
  kill(name: ServiceName): Promise<void>;
  tell(name: MessagingServiceName, kind: 'silence' | 'speak'): void;
  stopAll(): Promise<void>;
}

export function createServiceFleet(options: ServiceFleetOptions): ServiceFleet {
  const { built, signal, servers } = options;
  const running = new Map<ServiceName, ServiceProcess>();
  const url = (name: ServiceName): string => running.get(name)?.url ?? '';
  const start = async (name: ServiceName): Promise<void> => {
    const environment = {
      DATABASE_URL: servers[name],
      KAFKA_BROKERS: options.brokers.join(','),
      KAFKA_DRIVER: options.driver,
      TOPIC_PREFIX: options.topicPrefix,
      LOG_LEVEL: options.logLevel,
      ANSWER_WITHIN: options.answerWithin,
      ...(name === 'orders' ? { CARTS_URL: url('carts'), PRODUCTS_URL: url('products') } : {}),
    };
    running.set(name, await startServiceProcess(name, { built, environment, signal }));
  };
  return {
    urls: () => Object.fromEntries(serviceNames.map((name) => [name, url(name)])) as Record<ServiceName, string>,
    start,
    async startAll() {
      const others = serviceNames.filter((name) => name !== 'orders');
      // All are awaited before one may fail: what has started must be there to be stopped.
      const started = await Promise.allSettled(others.map(start));
      for (const each of started) if (each.status === 'rejected') throw each.reason;
      await start('orders');
    },
    async kill(name) {
      await running.get(name)?.kill();
      running.delete(name);
    },
    tell: (name, kind) => running.get(name)?.tell({ kind }),
    async stopAll() {
      const all = [...running.values()];
      running.clear();
      await Promise.all(all.map((service) => service.stop()));
    },
  };
}
