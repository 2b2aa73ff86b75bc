import { TransportUnavailableError } from '@backstitch/messaging';
import type { Trouble } from './classify-trouble.js';
import type { ProducerPort } from './producer-port.js';
import { recordBytes } from './record-bytes.js';
import type { SendEntry } from './send-call.js';
import { splitRequests } from './split-requests.js';
import { suspects } from './suspects.js';
import type { Refusal, TopicDirectory } from './topic-directory.js';

export interface DeliveryOptions {
  readonly producer: ProducerPort;
  readonly topics: TopicDirectory;
  readonly maxRecordBytes: number;
}

const requestLimits = { bytesPerTopic: 900_000, records: 5000 };

/** Sends records in order and settles each in its call. Rejects with `TransportUnavailableError`; what is not settled then is unknown. */
export function createDelivery(options: DeliveryOptions): (entries: readonly SendEntry[]) => Promise<void> {
  const { producer, topics, maxRecordBytes } = options;

  /** Refuses what can be told without asking a partition; answers the rest. */
  const admit = async (entries: readonly SendEntry[]): Promise<SendEntry[]> => {
    const named = entries
      .map(({ record }) => record.topic)
      .filter((topic) => typeof topic === 'string' && topic !== '');
    const standing = await topics.look([...new Set(named)]);
    return entries.filter((entry) => {
      const refusal = refusalBefore(entry, maxRecordBytes) ?? standing.get(entry.record.topic);
      if (refusal !== undefined) entry.call.refused(entry, refusal.code, refusal.message);
      return refusal === undefined;
    });
  };

  const write = async (entries: readonly SendEntry[], lastTry: boolean): Promise<void> => {
    const asked = entries.filter((entry) => !entry.call.heldBack(entry));
    if (asked.length === 0) return;
    const { written, trouble } = await producer.produce(asked);
    for (const entry of asked) if (written.has(entry)) entry.call.sent(entry);
    if (trouble === undefined) return;
    // What stands in the log is not asked for again: it would stand there twice.
    const open = asked.filter((entry) => !written.has(entry));
    if (trouble.kind === 'unavailable') throw unavailable(trouble);
    if (trouble.code === 'UNKNOWN_TOPIC') {
      // A client asks for all topics it ever sent to, and one that was deleted since fails them all: a new producer knows only these.
      producer.retire();
      topics.forget(open.map(({ record }) => record.topic));
      if (lastTry) throw unavailable(trouble);
      await write(await admit(open), true);
      return;
    }
    await isolate(open, trouble, lastTry);
  };

  const isolate = async (
    open: readonly SendEntry[],
    trouble: Extract<Trouble, { kind: 'refusal' }>,
    lastTry: boolean,
  ): Promise<void> => {
    const found = suspects(open, trouble.code, producer.partitionOf);
    switch (found.kind) {
      case 'guilty':
        for (const entry of found.entries)
          entry.call.refused(entry, trouble.code, `the broker answered ${trouble.type}`);
        return;
      case 'parts':
        // One after the other: the second half of a lane must not be written before the first is judged.
        for (const part of found.parts) await write(part, lastTry);
        return;
    }
  };

  return async (entries) => {
    const admitted = await admit(entries);
    for (const request of splitRequests(admitted, requestLimits)) await write(request, false);
  };
}

function refusalBefore({ record }: SendEntry, maxRecordBytes: number): Refusal | undefined {
  // Reached by callers without types, and by rows that another program wrote.
  if (typeof record.key !== 'string' || typeof record.value !== 'string' || typeof record.topic !== 'string') {
    return { code: 'INVALID_RECORD', message: 'topic, key and value must be strings' };
  }
  if (record.topic === '') return { code: 'UNKNOWN_TOPIC', message: 'the topic has no name' };
  const bytes = recordBytes(record);
  if (bytes <= maxRecordBytes) return undefined;
  return { code: 'RECORD_TOO_LARGE', message: `${bytes} bytes, where ${maxRecordBytes} are allowed (maxRecordBytes)` };
}

function unavailable(trouble: Trouble): TransportUnavailableError {
  const type = trouble.type ?? 'no answer';
  return new TransportUnavailableError(`the broker could not be reached or could not write (${type})`, {
    cause: trouble.cause,
    fields: { type: trouble.type },
  });
}
