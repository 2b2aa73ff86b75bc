import type { Logger } from '@backstitch/messaging';
import type { EachBatchPayload, OffsetsByTopicPartition } from 'kafkajs';
import type { OffsetLedger, PartitionOffset } from './offset-ledger.js';

type SendCommit = EachBatchPayload['commitOffsetsIfNecessary'];

/** Tells the broker what is handled, one commit at a time. One that fails is tried again at the next call, as long as its ledger lasts. */
export interface OffsetCommitter {
  /** `commitOffsetsIfNecessary` of a batch: kafkajs' only commit without retries. Its retry would send an old assignment's offsets under a new one. */
  through(send: SendCommit): void;
  /** Never rejects. */
  commit(currentLedger: () => OffsetLedger): Promise<void>;
}

export function createOffsetCommitter(logger: Logger): OffsetCommitter {
  let send: SendCommit | undefined;
  let underWay: Promise<void> | undefined;

  return {
    through(sendCommit) {
      send = sendCommit;
    },
    async commit(currentLedger) {
      while (underWay !== undefined) await underWay;
      // Read only now: the assignment may have changed meanwhile, and what is sent from here on counts under the new one.
      const ledger = currentLedger();
      const pending = ledger.pending();
      if (pending.length === 0 || send === undefined) return;
      underWay = send(byTopic(pending))
        .then(
          () => ledger.committed(pending),
          (error: unknown) => logger.debug({ err: error }, 'offsets could not be committed now'),
        )
        .finally(() => {
          underWay = undefined;
        });
      await underWay;
    },
  };
}

function byTopic(offsets: readonly PartitionOffset[]): OffsetsByTopicPartition {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, offset } of offsets) {
    const partitions = topics.get(topic) ?? [];
    topics.set(topic, partitions);
    partitions.push({ partition, offset: offset.toString() });
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) };
}
