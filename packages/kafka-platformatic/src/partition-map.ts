import type { TopicPartition } from '@backstitch/kafka-driver';

/** Values by topic and partition. */
export class PartitionMap<T> {
  readonly #values = new Map<string, T>();

  of({ topic, partition }: TopicPartition): T | undefined {
    return this.#values.get(`${topic}/${partition}`);
  }

  set({ topic, partition }: TopicPartition, value: T): void {
    this.#values.set(`${topic}/${partition}`, value);
  }

  values(): IterableIterator<T> {
    return this.#values.values();
  }
}
