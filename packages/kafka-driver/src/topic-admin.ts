import type { TopicSpec } from '@backstitch/messaging';
import type { TopicPartition } from './group-member.js';

/** What is asked of a cluster beside sending and reading. Each rejects with the client's error, whose protocol error stands in `type`. */
export interface TopicAdmin {
  /** Resolves where all of these exist. */
  describe(topics: readonly string[]): Promise<void>;
  /** Resolves also where the topic is there already. Of its error `retriable` tells whether the same may be asked again. */
  create(spec: TopicSpec & { readonly partitions: number }): Promise<void>;
  /** Hands out a question to the leaders of a topic, on a client of its own: resolves where all of them have their partitions. */
  apart<T>(work: (askLeaders: (topic: string) => Promise<void>) => Promise<T>): Promise<T>;
  /** How many offsets behind the end a group has committed in these partitions, asked on connections of its own. */
  lag(group: string, partitions: readonly TopicPartition[]): Promise<bigint>;
  close(timeoutMs: number): Promise<void>;
}
