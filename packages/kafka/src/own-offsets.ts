import type { Consumer } from 'kafkajs';

const offsetsDescription = 'private:Kafka:offsets';

/**
 * Makes a consumer that remembers committed offsets for itself. kafkajs keeps them in one map for each `Kafka` instance and clears a group's
 * entries at every assignment: two members of one group in one process would clear one another's, and the one that then fetches finds
 * no offset for its partition, waits a whole fetch, or fails on the missing topic.
 */
export function withOwnOffsets(kafka: object, createConsumer: () => Consumer): Consumer {
  const slot = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === offsetsDescription);
  if (slot === undefined) return createConsumer();
  const shared: unknown = Reflect.get(kafka, slot);
  try {
    Reflect.set(kafka, slot, new Map());
    return createConsumer();
  } finally {
    Reflect.set(kafka, slot, shared);
  }
}
