import assert from 'node:assert/strict';
import type { OutboundRecord, SendResult, Transport } from '../../transport.js';
import type { ConformanceSubject } from './conformance-subject.js';
import { createReader, type Reader, type ReaderOptions } from './reader.js';

/** What one case works with: its own topics, groups and transports, all ended with it. */
export interface Stage {
  /** One transport for the whole suite: for writing, and for cases that do not end it. */
  readonly shared: Transport;
  transport(): Promise<Transport>;
  /** Creates a topic that no other case uses. */
  topic(partitions: number): Promise<string>;
  group(): string;
  /** Subscribes and keeps what is handed over. */
  read(options: ReaderOptions): Promise<Reader>;
  /** Sends on the shared transport and fails unless every record was sent. */
  send(records: readonly OutboundRecord[]): Promise<void>;
  /** Resolves when another group has read a record of the topic: time enough for what must not happen to happen. */
  otherGroupReads(topic: string): Promise<void>;
  end(): Promise<void>;
}

const defaultPatienceMs = 20_000;

export function patienceMs(subject: ConformanceSubject): number {
  return subject.features.patienceMs ?? defaultPatienceMs;
}

export function createStage(subject: ConformanceSubject, shared: Transport): Stage {
  const transports: Transport[] = [];
  const readers: Reader[] = [];
  const read = async (options: ReaderOptions): Promise<Reader> => {
    const reader = await createReader(options, { patienceMs: patienceMs(subject), fallback: shared });
    readers.push(reader);
    return reader;
  };
  return {
    shared,
    read,
    async transport() {
      const transport = await subject.createTransport();
      transports.push(transport);
      return transport;
    },
    async topic(partitions) {
      const topic = subject.uniqueName('topic');
      await shared.ensureTopics([{ topic, partitions }]);
      return topic;
    },
    group: () => subject.uniqueName('group'),
    async send(records) {
      assertAllSent(await shared.send(records));
    },
    async otherGroupReads(topic) {
      const other = await read({ topics: [topic], group: subject.uniqueName('group') });
      await other.until(() => other.handled.length > 0, 'a record in another group');
    },
    async end() {
      // A case that failed half-way may have left a handler hanging: it must not hold up the rest.
      await Promise.allSettled(readers.map((reader) => reader.close(0)));
      await Promise.allSettled(transports.map((transport) => transport.close()));
    },
  };
}

export function assertAllSent(results: readonly SendResult[]): void {
  assert.deepEqual(
    results.filter((result) => result.kind !== 'sent'),
    [],
    'every record is sent',
  );
}
