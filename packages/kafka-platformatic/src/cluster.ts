import { inTime } from '@backstitch/kafka-driver';
import {
  type Broker,
  type Connection,
  ConnectionPool,
  findCoordinatorV4,
  metadataV9,
  parseBroker,
} from '@platformatic/kafka';
import { clientError, KafkaClientError } from './client-error.js';
import type { ClientOptions } from './transport-options.js';

/** A question to a broker: one call of the client's protocol layer on the connection. */
export type Question<T> = (connection: Connection) => Promise<T>;

/** Where a partition is read and written. */
export interface Leader {
  readonly node: number;
  readonly broker: Broker;
}

/** Connections to the brokers of a cluster, one a broker, and what the cluster says of itself. Everything rejects with `KafkaClientError`. */
export interface Cluster {
  ask<T>(broker: Broker, question: Question<T>, timeoutMs: number): Promise<T>;
  askAny<T>(question: Question<T>, timeoutMs: number): Promise<T>;
  /** The leaders of each partition of these topics, asked anew. */
  leaders(topics: readonly string[]): Promise<ReadonlyMap<string, readonly Leader[]>>;
  controller(): Promise<Broker>;
  coordinator(group: string): Promise<Broker>;
  close(timeoutMs: number): Promise<void>;
}

const groupCoordinator = 0;

export function createCluster(client: ClientOptions, timeoutMs: number): Cluster {
  const { clientId, bootstrapBrokers, ...connection } = client;
  const seeds = bootstrapBrokers.map((broker) => parseBroker(broker));
  // Each question has its own deadline. The client's is out of its way: what answers after it leaves the connection unreadable.
  const pool = new ConnectionPool(clientId, { ...connection, requestTimeout: 2 ** 31 - 1 });
  // The pool hears a connection's first error only, and a second one would end the process.
  pool.on('connecting', ({ connection: made }) => void made.on('error', () => undefined));

  const anyone = (): Promise<Connection> => pool.getFirstAvailable(seeds);

  const metadata = async (topics: readonly string[]) => {
    const answer = await askOn(anyone(), (on) => metadataV9.api.async(on, [...topics], false, false), timeoutMs);
    return { ...answer, brokers: new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }])) };
  };

  return {
    ask: (broker, question, ms) => askOn(pool.get(broker), question, ms),
    askAny: (question, ms) => askOn(anyone(), question, ms),
    async leaders(topics) {
      const { brokers, topics: described } = await metadata(topics);
      return new Map(
        described.map(({ name, partitions }) => {
          const byIndex = [...partitions].sort((one, other) => one.partitionIndex - other.partitionIndex);
          return [
            name ?? '',
            byIndex.map(({ leaderId }) => {
              const broker = brokers.get(leaderId);
              if (broker === undefined)
                throw new KafkaClientError('a partition has no leader', {
                  type: 'LEADER_NOT_AVAILABLE',
                  retriable: true,
                });
              return { node: leaderId, broker };
            }),
          ];
        }),
      );
    },
    async controller() {
      const { brokers, controllerId } = await metadata([]);
      const broker = brokers.get(controllerId) ?? [...brokers.values()][0];
      if (broker === undefined) throw new KafkaClientError('the cluster names no broker', { retriable: true });
      return broker;
    },
    async coordinator(group) {
      const find: Question<{ readonly coordinators: readonly Broker[] }> = (on) =>
        findCoordinatorV4.api.async(on, groupCoordinator, [group]);
      const [found] = (await askOn(anyone(), find, timeoutMs)).coordinators;
      if (found === undefined)
        throw new KafkaClientError('the group has no coordinator', {
          type: 'COORDINATOR_NOT_AVAILABLE',
          retriable: true,
        });
      return { host: found.host, port: found.port };
    },
    async close(ms) {
      await inTime(pool.close(), ms).catch(() => undefined);
    },
  };
}

async function askOn<T>(connecting: Promise<Connection>, question: Question<T>, ms: number): Promise<T> {
  let connected: Connection | undefined;
  const answer = connecting.then((made) => {
    connected = made;
    return question(made);
  });
  const outcome = await inTime(answer, ms).catch((error: unknown) => {
    throw clientError(error);
  });
  if (outcome.kind === 'done') return outcome.value;
  // Whatever is still asked on it would wait behind a broker that does not answer.
  connected?.socket?.destroy();
  throw new KafkaClientError(`no broker has answered within ${ms} ms`, { retriable: true });
}
