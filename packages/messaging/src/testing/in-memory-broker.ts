import { type Clock, systemClock } from '../clock.js';
import { MessagingError, TransportUnavailableError } from '../errors.js';
import type { InboundRecord, OutboundRecord, SendResult, SubscribeOptions, TopicSpec } from '../transport.js';
import { createActivity } from './activity.js';
import { type BrokerFaults, brokerFaults } from './broker-faults.js';
import { createBrokerLogs } from './broker-logs.js';
import { type ConsumerGroup, createConsumerGroup } from './consumer-group.js';
import type { GroupSubscription } from './group-subscription.js';
import { createInMemoryTransport, type InMemoryTransport } from './in-memory-transport.js';
import type { ReaderHost } from './partition-reader.js';
import { createSeededRandom, type SeededRandom } from './seeded-random.js';
import { unknownTopic } from './unknown-topic.js';

export interface InMemoryBrokerOptions {
  /** Decides every fault and every choice among partitions that are ready. Default 1. Print it where a test fails. */
  readonly seed?: number;
  /** Decides instead of a seed: a simulation draws all its choices from one place. */
  readonly random?: SeededRandom;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  readonly faults?: BrokerFaults;
  /** Key, value and headers of one record in UTF-8 bytes. Default 1_048_576, as in Kafka. */
  readonly maxRecordBytes?: number;
  /** The pause after a rejected batch in milliseconds: doubles from `first` up to `longest`. Default 10 and 1000. */
  readonly redeliveryBackoffMs?: { readonly first: number; readonly longest: number };
}

/** A record as some other client may write it. `null` is allowed, and so are bytes that are not UTF-8. */
export interface ForeignRecord {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string | Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How far one group has come in one partition. */
export interface GroupProgress {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is not handled. */
  readonly committed: number;
  /** The first offset that is not written. */
  readonly end: number;
}

/** A broker in this process, for tests: it keeps the promises of `Transport`, and breaks them only where `faults` says so. */
export interface InMemoryBroker {
  /** Several transports on one broker act as several processes. */
  transport(): InMemoryTransport;
  /** From now on `send`, `subscribe` and `ensureTopics` reject with TransportUnavailableError, nothing is delivered, commits are lost. */
  outage(): void;
  /** Ends the outage. */
  heal(): void;
  /** From now on nothing goes wrong by chance; what is under way still arrives late. */
  calm(): void;
  /** Writes as another client does, without faults. */
  write(record: ForeignRecord): void;
  /** Every record of every topic in the order of writing, lost ones excluded. */
  topics(): ReadonlyMap<string, readonly InboundRecord[]>;
  /** Every group's progress in the partitions that it ever read. */
  groups(): ReadonlyMap<string, readonly GroupProgress[]>;
  /** Resolves when no handler runs and nothing can be delivered before the clock moves. For tests with a virtual clock. */
  settled(): Promise<void>;
  /** As `settled`, and no delay or backoff is pending either. For tests on the machine's clock. A hung handler holds up both. */
  idle(): Promise<void>;
}

/** What a transport may ask of its broker. */
export interface BrokerPort {
  send(records: readonly OutboundRecord[], isAlive: () => boolean): Promise<readonly SendResult[]>;
  join(options: SubscribeOptions, memberId: string): Promise<GroupSubscription>;
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
}

export function createInMemoryBroker(options: InMemoryBrokerOptions = {}): InMemoryBroker {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? createSeededRandom(options.seed ?? 1);
  const faults = brokerFaults(options.faults);
  const activity = createActivity();
  const groups = new Map<string, ConsumerGroup>();
  let down = false;
  let transports = 0;

  let turnIsDue = false;
  const wake = (): void => {
    if (turnIsDue) return;
    turnIsDue = true;
    const endWork = activity.begin('work');
    setImmediate(() => {
      turnIsDue = false;
      const ready = [...groups.values()].flatMap((group) => group.readers().filter((reader) => reader.isReady));
      for (const reader of random.shuffle(ready)) reader.start();
      endWork();
    });
  };

  const logs = createBrokerLogs({
    clock,
    random,
    faults,
    activity,
    wake,
    maxRecordBytes: options.maxRecordBytes ?? 1_048_576,
  });
  const host: ReaderHost = {
    clock,
    activity,
    redeliveryBackoffMs: options.redeliveryBackoffMs ?? { first: 10, longest: 1_000 },
    isDown: () => down,
    isCommitLost: () => random.chance(faults.commitLossChance),
    wake,
  };
  const port = brokerPort({ logs, activity, groups, host, random, faults });

  return {
    transport: () => createInMemoryTransport(port, `process-${++transports}`),
    outage() {
      down = true;
    },
    heal() {
      down = false;
      wake();
    },
    calm() {
      Object.assign(faults, brokerFaults());
    },
    write: (record) => logs.write(record),
    topics: () => logs.records(),
    groups: () => new Map([...groups].map(([name, group]) => [name, progress(group)])),
    settled: () => activity.settled(),
    idle: () => activity.idle(),
  };
}

interface PortParts {
  readonly logs: ReturnType<typeof createBrokerLogs>;
  readonly activity: ReturnType<typeof createActivity>;
  readonly groups: Map<string, ConsumerGroup>;
  readonly host: ReaderHost;
  readonly random: ReturnType<typeof createSeededRandom>;
  readonly faults: Required<BrokerFaults>;
}

function brokerPort({ logs, activity, groups, host, random, faults }: PortParts): BrokerPort {
  const refuseWhenDown = (): void => {
    if (host.isDown()) throw new TransportUnavailableError('the broker is down');
  };
  /** Every request takes a turn, as over a network, and keeps the broker busy until it is answered. */
  const request = async <T>(run: () => Promise<T>): Promise<T> => {
    const endWork = activity.begin('work');
    try {
      refuseWhenDown();
      return await run();
    } finally {
      endWork();
    }
  };

  return {
    send: (records, isAlive) =>
      request(async () => {
        const fails = random.chance(faults.sendFailureChance);
        if (fails && random.chance(0.5))
          throw new TransportUnavailableError('the connection broke before the records were written');
        const results = logs.append(records);
        await new Promise((resolve) => setImmediate(resolve));
        if (fails || !isAlive()) throw new TransportUnavailableError('the connection broke before the answer came');
        // Written, but the answer cannot reach the sender any more.
        refuseWhenDown();
        return results;
      }),
    join: ({ group, topics, handle, maxBatchRecords = 500 }, memberId) =>
      request(async () => {
        if (!Number.isInteger(maxBatchRecords) || maxBatchRecords < 1) {
          throw new MessagingError('OPTIONS_INVALID', `maxBatchRecords is ${maxBatchRecords}`, {
            fields: { field: 'maxBatchRecords', found: maxBatchRecords },
            hint: 'Give a whole number from 1.',
          });
        }
        const read = topics.flatMap((topic) => {
          const partitions = logs.partitions(topic);
          if (!partitions) throw unknownTopic(topic);
          return partitions;
        });
        let existing = groups.get(group);
        if (!existing) {
          existing = createConsumerGroup(host);
          groups.set(group, existing);
        }
        return existing.join({ id: memberId, topics: new Set(topics), maxBatchRecords, handle, taking: true }, read);
      }),
    ensureTopics: (topics) =>
      request(async () => {
        for (const { topic, partitions } of topics) logs.ensure(topic, partitions ?? 3);
      }),
  };
}

function progress(group: ConsumerGroup): GroupProgress[] {
  return group.readers().map((reader) => ({
    topic: reader.log.topic,
    partition: reader.log.partition,
    committed: reader.committed,
    end: reader.log.end(),
  }));
}
