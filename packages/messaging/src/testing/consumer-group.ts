import { TransportUnavailableError } from '../errors.js';
import type { Subscription } from '../transport.js';
import { assignPartitions } from './assign-partitions.js';
import type { GroupMember } from './group-member.js';
import type { PartitionLog } from './partition-log.js';
import { createPartitionReader, type PartitionReader, type ReaderHost } from './partition-reader.js';

/** A subscription that can also end as a killed process ends. */
export interface GroupSubscription extends Subscription {
  crash(): void;
}

/** The members of one group and what they have committed. */
export interface ConsumerGroup {
  /** Resolves when the member's partitions are its own. */
  join(member: GroupMember, logs: readonly PartitionLog[]): Promise<GroupSubscription>;
  readers(): readonly PartitionReader[];
}

const defaultCloseTimeoutMs = 30_000;

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

  /** Resolves when the member's handlers have ended, or after `timeoutMs`. */
  const drain = (member: GroupMember, timeoutMs: number): Promise<void> =>
    new Promise((resolve) => {
      const cancelDeadline = host.clock.setTimer(timeoutMs, resolve);
      void Promise.all([...readers.values()].map((reader) => reader.drain(member))).then(() => {
        cancelDeadline();
        resolve();
      });
    });

  const subscription = (member: GroupMember): GroupSubscription => {
    let closing: Promise<void> | undefined;
    let hasStopped = (): void => undefined;
    let hasDied = (_error: Error): void => undefined;
    const stopped = new Promise<void>((resolve, reject) => {
      hasStopped = resolve;
      hasDied = reject;
    });
    // Whoever does not ask for `stopped` must not be killed by its rejection.
    stopped.catch(() => undefined);
    const close = async (timeoutMs: number): Promise<void> => {
      member.taking = false;
      await drain(member, timeoutMs);
      leave(member);
      hasStopped();
    };
    return {
      stopped,
      close(options = {}) {
        closing ??= close(options.timeoutMs ?? defaultCloseTimeoutMs);
        return closing;
      },
      crash() {
        leave(member);
        hasDied(new TransportUnavailableError('the consumer crashed', { fields: { member: member.id } }));
        closing = Promise.resolve();
      },
    };
  };

  return {
    async join(member, logs) {
      for (const log of logs) if (!readers.has(log)) readers.set(log, createPartitionReader(log, host));
      members.push(member);
      await rebalance(member);
      host.wake();
      return subscription(member);
    },
    readers: () => [...readers.values()],
  };
}
