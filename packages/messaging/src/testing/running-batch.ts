import type { Activity } from './activity.js';
import type { GroupMember } from './group-member.js';

/** A batch whose handler has begun and not ended. */
export interface RunningBatch {
  readonly member: GroupMember;
  readonly controller: AbortController;
  readonly records: number;
  /** Resolves when the batch has ended, whether its handler did or was given up. */
  readonly ended: Promise<void>;
  end(): void;
}

export function createRunningBatch(member: GroupMember, records: number, activity: Activity): RunningBatch {
  const endWork = activity.begin('work');
  let hasEnded = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    hasEnded = resolve;
  });
  return {
    member,
    records,
    controller: new AbortController(),
    ended,
    end() {
      hasEnded();
      endWork();
    },
  };
}
