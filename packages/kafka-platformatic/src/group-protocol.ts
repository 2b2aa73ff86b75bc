import type { PartitionsByTopic } from '@backstitch/kafka-driver';

/**
 * What members of a group tell each other through the broker, which does not look inside: `ConsumerProtocolSubscription` and
 * `ConsumerProtocolAssignment` of Kafka, version 1 and 0. The name and the order of preference are those of the kafkajs transport, so that a group may
 * have members of both; `RoundRobinAssigner` is what plain kafkajs consumers offer.
 */
export const groupProtocols = ['BackstitchSubscriptionAssigner', 'RoundRobinAssigner'] as const;

const version = 1;

export function encodeSubscription(topics: readonly string[]): Buffer {
  return Buffer.concat([int16(version), int32(topics.length), ...topics.map(string), int32(0)]);
}

/** The topics that a member reads; none where it speaks another language. */
export function decodeSubscription(metadata: Buffer | null): string[] {
  const cursor = cursorOn(metadata ?? Buffer.alloc(0));
  cursor.int16();
  return Array.from({ length: cursor.count() }, () => cursor.string());
}

export function encodeAssignment(partitions: PartitionsByTopic): Buffer {
  const topics = Object.entries(partitions);
  const parts = topics.flatMap(([topic, list]) => [string(topic), int32(list.length), ...list.map(int32)]);
  return Buffer.concat([int16(version), int32(topics.length), ...parts, int32(0)]);
}

export function decodeAssignment(assignment: Buffer): { readonly topic: string; readonly partition: number }[] {
  const cursor = cursorOn(assignment);
  cursor.int16();
  return Array.from({ length: cursor.count() }, () => {
    const topic = cursor.string();
    return Array.from({ length: cursor.count() }, () => ({ topic, partition: cursor.int32() }));
  }).flat();
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}

interface Cursor {
  int16(): number;
  int32(): number;
  /** Of an array. Each of its elements takes two bytes at least: a count that the bytes do not bear out is another language. */
  count(): number;
  string(): string;
}

/** Reads zeros behind the end: a member without an assignment gets no bytes at all. */
function cursorOn(bytes: Buffer): Cursor {
  let at = 0;
  const left = (): number => Math.max(0, bytes.length - at);
  const take = (size: number): number => {
    const value = left() < size ? 0 : bytes.readIntBE(at, size);
    at += size;
    return value;
  };
  const cursor: Cursor = {
    int16: () => take(2),
    int32: () => take(4),
    count: () => Math.min(Math.max(0, take(4)), left() / 2),
    string: () => {
      const length = Math.max(0, take(2));
      at += length;
      return bytes.toString('utf8', at - length, at);
    },
  };
  return cursor;
}
