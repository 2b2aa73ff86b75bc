import type { CancelTimer, Clock } from '../clock.js';
import { TransportUnavailableError } from '../errors.js';
import type { BatchContext } from '../transport.js';
import type { Activity } from './activity.js';
import type { GroupMember } from './group-member.js';
import type { PartitionLog } from './partition-log.js';

/** What a reader needs from the broker that it is part of. */
export interface ReaderHost {
  readonly clock: Clock;
  readonly activity: Activity;
  readonly redeliveryBackoffMs: { readonly first: number; readonly longest: number };
  isDown(): boolean;
  /** Decides by chance whether the commit of a handled batch gets lost. */
  isCommitLost(): boolean;
  /** Asks for a turn, in which every reader that can start a batch does. */
  wake(): void;
}

/** One group's place in one partition. At most one handler runs at a time, whoever owns the partition meanwhile. */
export interface PartitionReader {
  readonly log: PartitionLog;
  /** The offset of the first record that this group has not handled. */
  committed(): number;
  isReady(): boolean;
  /** Hands the next records to the owner. Only where `isReady()`. */
  start(): void;
  /** Gives the partition to another member, after the handler that runs in it has ended. Resolves when it has changed hands. */
  assign(member: GroupMember | undefined): Promise<void>;
  /** Tells this member's running handler to finish; resolves when it has. */
  drain(member: GroupMember): Promise<void>;
  /** Gives up this member's running handler: whatever it answers is not heard. */
  abandon(member: GroupMember): void;
}

interface Running {
  readonly member: GroupMember;
  readonly controller: AbortController;
  readonly records: number;
  readonly end: () => void;
  readonly ended: Promise<void>;
}

export function createPartitionReader(log: PartitionLog, host: ReaderHost): PartitionReader {
  let committed = 0;
  let owner: GroupMember | undefined;
  let nextOwner: { readonly member: GroupMember | undefined; readonly changed: (() => void)[] } | undefined;
  let running: Running | undefined;
  let rejections = 0;
  let cancelBackoff: CancelTimer | undefined;

  const changeHands = (): void => {
    if (!nextOwner || running) return;
    const { member, changed } = nextOwner;
    nextOwner = undefined;
    if (member !== owner) {
      owner = member;
      // The backoff belonged to the member that rejected; another one may do better.
      cancelBackoff?.();
    }
    for (const resolve of changed) resolve();
    host.wake();
  };

  const backOff = (): void => {
    const { first, longest } = host.redeliveryBackoffMs;
    const endTimer = host.activity.begin('timer');
    const stop = (): void => {
      cancelBackoff = undefined;
      endTimer();
    };
    const cancelTimer = host.clock.setTimer(Math.min(longest, first * 2 ** rejections), () => {
      stop();
      host.wake();
    });
    rejections++;
    cancelBackoff = () => {
      cancelTimer();
      stop();
    };
  };

  const settle = (run: Running, outcome: 'handled' | 'rejected'): void => {
    // An abandoned handler: the partition has gone on without it.
    if (running !== run) return;
    running = undefined;
    if (outcome === 'rejected') backOff();
    else {
      rejections = 0;
      // A commit needs the broker; where it is lost, the same records come again.
      if (!host.isDown() && !host.isCommitLost()) committed += run.records;
    }
    changeHands();
    host.wake();
    run.end();
  };

  const context = (run: Running): BatchContext => ({
    signal: run.controller.signal,
    async heartbeat() {
      if (running !== run) throw new TransportUnavailableError(`${run.member.id} is no longer in its group`);
      if (host.isDown()) throw new TransportUnavailableError('the broker is down');
    },
  });

  return {
    log,
    committed: () => committed,
    isReady: () =>
      owner?.taking === true &&
      !running &&
      !nextOwner &&
      !cancelBackoff &&
      !host.isDown() &&
      log.hasReadable(committed, host.clock.now()),
    start() {
      const member = owner as GroupMember;
      const records = log.read({ from: committed, atMost: member.maxBatchRecords, nowMs: host.clock.now() });
      const endWork = host.activity.begin('work');
      let hasEnded = (): void => undefined;
      const ended = new Promise<void>((resolve) => {
        hasEnded = resolve;
      });
      const run: Running = {
        member,
        controller: new AbortController(),
        records: records.length,
        ended,
        end: () => {
          hasEnded();
          endWork();
        },
      };
      running = run;
      // A handler that throws before its first await counts as one that rejects.
      const call = async (): Promise<void> =>
        member.handle({ topic: log.topic, partition: log.partition, records }, context(run));
      call().then(
        () => settle(run, 'handled'),
        () => settle(run, 'rejected'),
      );
    },
    assign(member) {
      if (!nextOwner && member === owner) return Promise.resolve();
      running?.controller.abort(new TransportUnavailableError('the partition is being given to another member'));
      return new Promise((resolve) => {
        nextOwner = { member, changed: [...(nextOwner?.changed ?? []), resolve] };
        changeHands();
      });
    },
    drain(member) {
      if (running?.member !== member) return Promise.resolve();
      running.controller.abort(new TransportUnavailableError('the subscription is closing'));
      return running.ended;
    },
    abandon(member) {
      const run = running;
      if (run?.member !== member) return;
      running = undefined;
      run.controller.abort(new TransportUnavailableError('the member has left its group'));
      run.end();
      changeHands();
    },
  };
}
