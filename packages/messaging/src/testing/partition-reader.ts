import { TransportUnavailableError } from '../errors.js';
import type { BatchContext } from '../transport.js';
import type { GroupMember } from './group-member.js';
import type { PartitionLog } from './partition-log.js';
import {
  createRedeliveryBackoff,
  type RedeliveryBackoff,
  type RedeliveryBackoffOptions,
} from './redelivery-backoff.js';
import { createRunningBatch, type RunningBatch } from './running-batch.js';

/** What a reader needs from the broker that it is part of. `wake` asks for a turn, in which every reader that is ready starts. */
export interface ReaderHost extends RedeliveryBackoffOptions {
  isDown(): boolean;
  /** Decides by chance whether the commit of a handled batch gets lost. */
  isCommitLost(): boolean;
}

/** One group's place in one partition. At most one handler runs at a time, whoever owns the partition meanwhile. */
export class PartitionReader {
  readonly log: PartitionLog;
  private readonly host: ReaderHost;
  private readonly backoff: RedeliveryBackoff;
  private offset = 0;
  private owner: GroupMember | undefined;
  private nextOwner: { readonly member: GroupMember | undefined; readonly changed: (() => void)[] } | undefined;
  private running: RunningBatch | undefined;

  constructor(log: PartitionLog, host: ReaderHost) {
    this.log = log;
    this.host = host;
    this.backoff = createRedeliveryBackoff(host);
  }

  /** The offset of the first record that this group has not handled. */
  get committed(): number {
    return this.offset;
  }

  get isReady(): boolean {
    if (!this.owner?.taking || this.running || this.nextOwner || this.backoff.isRunning()) return false;
    return !this.host.isDown() && this.log.hasReadable(this.offset, this.host.clock.now());
  }

  /** Hands the next records to the owner, where the reader is ready. */
  start(): void {
    const member = this.owner;
    if (!member || !this.isReady) return;
    const nowMs = this.host.clock.now();
    const records = this.log.read({ from: this.offset, atMost: member.maxBatchRecords, nowMs });
    const batch = createRunningBatch(member, records.length, this.host.activity);
    this.running = batch;
    const { topic, partition } = this.log;
    // A handler that throws before its first await counts as one that rejects.
    const call = async (): Promise<void> => member.handle({ topic, partition, records }, this.contextOf(batch));
    call().then(
      () => this.settle(batch, 'handled'),
      () => this.settle(batch, 'rejected'),
    );
  }

  /** Gives the partition to another member, after the handler that runs in it has ended. Resolves when it has changed hands. */
  assign(member: GroupMember | undefined): Promise<void> {
    if (!this.nextOwner && member === this.owner) return Promise.resolve();
    this.running?.controller.abort(new TransportUnavailableError('the partition is being given to another member'));
    return new Promise((resolve) => {
      this.nextOwner = { member, changed: [...(this.nextOwner?.changed ?? []), resolve] };
      this.changeHands();
    });
  }

  /** Tells this member's running handler to finish; resolves when it has. */
  async drain(member: GroupMember): Promise<void> {
    if (this.running?.member !== member) return;
    this.running.controller.abort(new TransportUnavailableError('the subscription is closing'));
    await this.running.ended;
  }

  /** Gives up this member's running handler: whatever it answers is not heard. */
  abandon(member: GroupMember): void {
    const batch = this.running;
    if (batch?.member !== member) return;
    this.running = undefined;
    batch.controller.abort(new TransportUnavailableError('the member has left its group'));
    batch.end();
    this.changeHands();
  }

  private settle(batch: RunningBatch, outcome: 'handled' | 'rejected'): void {
    // An abandoned handler: the partition has gone on without it.
    if (this.running !== batch) return;
    this.running = undefined;
    if (outcome === 'rejected') this.backoff.begin();
    else {
      this.backoff.reset();
      // A commit needs the broker; where it is lost, the same records come again.
      if (!this.host.isDown() && !this.host.isCommitLost()) this.offset += batch.records;
    }
    this.changeHands();
    this.host.wake();
    batch.end();
  }

  private changeHands(): void {
    if (!this.nextOwner || this.running) return;
    const { member, changed } = this.nextOwner;
    this.nextOwner = undefined;
    if (member !== this.owner) {
      this.owner = member;
      // The pause belonged to the member that rejected; another one may do better.
      this.backoff.cancel();
    }
    for (const resolve of changed) resolve();
    this.host.wake();
  }

  private contextOf(batch: RunningBatch): BatchContext {
    return {
      signal: batch.controller.signal,
      heartbeat: async () => {
        if (this.running !== batch) throw new TransportUnavailableError(`${batch.member.id} is no longer in its group`);
        if (this.host.isDown()) throw new TransportUnavailableError('the broker is down');
      },
    };
  }
}
