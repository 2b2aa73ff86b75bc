import type { GroupMember } from './group-member.js';
import type { PartitionLog } from './partition-log.js';

/**
 * Who reads what: the partitions of each topic go round among the members that subscribed to it, in the order in which they joined.
 * A partition that nobody wants is not in the answer.
 */
export function assignPartitions(
  logs: readonly PartitionLog[],
  members: readonly GroupMember[],
): ReadonlyMap<PartitionLog, GroupMember> {
  const assignment = new Map<PartitionLog, GroupMember>();
  for (const log of logs) {
    const candidates = members.filter((member) => member.topics.has(log.topic));
    const chosen = candidates[log.partition % candidates.length];
    if (chosen) assignment.set(log, chosen);
  }
  return assignment;
}
