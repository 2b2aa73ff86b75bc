import { assignPartitions } from './assign-partitions.js';
import type { GroupMember } from './group-member.js';
import { createGroupSubscription, type GroupSubscription } from './group-subscription.js';
import type { PartitionLog } from './partition-log.js';
import { PartitionReader, type ReaderHost } from './partition-reader.js';

/** The members of one group and what they have committed. */
export interface ConsumerGroup {
  /** Resolves when the member's partitions are its own. */
  join(member: GroupMember, logs: readonly PartitionLog[]): Promise<GroupSubscription>;
  readers(): readonly PartitionReader[];
}

export function createConsumerGroup(host: ReaderHost): ConsumerGroup {
  const readers = new Map<PartitionLog, PartitionReader>();
  let members: GroupMember[] = [];

  /** Answers when the partitions that go to `newcomer` are free; the others change hands in their own time. */
  const rebalance = async (newcomer?: GroupMember): Promise<void> => {
    const assignment = assignPartitions([...readers.keys()], members);
    const arrivals: Promise<void>[] = [];
    for (const [log, reader] of readers) {
      const member = assignment.get(log);
      const changed = reader.assign(member);
      if (member !== undefined && member === newcomer) arrivals.push(changed);
    }
    await Promise.all(arrivals);
  };

  const leave = (member: GroupMember): void => {
    member.taking = false;
    members = members.filter((other) => other !== member);
    for (const reader of readers.values()) reader.abandon(member);
    void rebalance();
  };

  const drain = (member: GroupMember, timeoutMs: number): Promise<void> => {
    member.taking = false;
    return new Promise((resolve) => {
      const cancelDeadline = host.clock.setTimer(timeoutMs, resolve);
      void Promise.all([...readers.values()].map((reader) => reader.drain(member))).then(() => {
        cancelDeadline();
        resolve();
      });
    });
  };

  return {
    async join(member, logs) {
      for (const log of logs) if (!readers.has(log)) readers.set(log, new PartitionReader(log, host));
      members.push(member);
      await rebalance(member);
      host.wake();
      return createGroupSubscription({
        memberId: member.id,
        drain: (timeoutMs) => drain(member, timeoutMs),
        leave: () => leave(member),
      });
    },
    readers: () => [...readers.values()],
  };
}
