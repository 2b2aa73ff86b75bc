import type { Logger, Subscription } from '@backstitch/messaging';
import type { KafkaTransportError } from './errors.js';
import type { GroupMember, MemberEvents } from './group-member.js';
import { consumerDied, joinFirst } from './join-first.js';
import { judgeCrash } from './judge-crash.js';
import { createStallWatch, type StallWatch } from './stall-watch.js';
import type { TopicAdmin } from './topic-admin.js';

export interface GroupSubscriptionOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly closeTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly lag: TopicAdmin['lag'];
  readonly logger: Logger;
  readonly newMember: (events: MemberEvents) => GroupMember;
}

/** Keeps one member in the group until it is closed: a crashed one is replaced, unless waiting cannot mend what it died of. */
export class GroupSubscription implements Subscription {
  readonly stopped: Promise<void>;
  readonly #options: GroupSubscriptionOptions;
  readonly #watch: StallWatch;
  #resolveStopped: () => void = () => undefined;
  #rejectStopped: (error: Error) => void = () => undefined;
  #member: GroupMember | undefined;
  #crashesInARow = 0;
  #rejoinTimer: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GroupSubscriptionOptions) {
    this.#options = options;
    this.stopped = new Promise((resolve, reject) => {
      this.#resolveStopped = resolve;
      this.#rejectStopped = reject;
    });
    // Who does not look at `stopped` has the log; the process must not end by an unhandled rejection.
    this.stopped.catch(() => undefined);
    this.#watch = createStallWatch({
      ...options,
      member: () => this.#member,
      onStalled: (error) => this.#giveUp(error),
    });
  }

  /** Resolves at the first assignment. Where that fails the caller hears of it, and nothing goes on behind its back. */
  async open(): Promise<void> {
    this.#member = await joinFirst(() => this.#newMember(), this.#options);
    this.#watch.start();
  }

  close({ timeoutMs = this.#options.closeTimeoutMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    clearTimeout(this.#rejoinTimer);
    this.#watch.stop();
    await this.#member?.leave(timeoutMs);
    this.#resolveStopped();
  }

  #newMember(): GroupMember {
    return this.#options.newMember({
      onFetched: () => this.#watch.sign(),
      onProgress: () => {
        this.#watch.sign();
        this.#crashesInARow = 0;
      },
      onCrash: (error) => this.#recover(error),
    });
  }

  #recover(error: unknown): void {
    if (this.#closing !== undefined) return;
    const { group, logger } = this.#options;
    const verdict = judgeCrash(error, ++this.#crashesInARow);
    logger.error({ group, crashesInARow: this.#crashesInARow, verdict, err: error }, 'a consumer crashed');
    switch (verdict.kind) {
      case 'die':
        this.#watch.stop();
        this.#rejectStopped(consumerDied(group, verdict.why, error));
        return;
      case 'rejoin':
        this.#rejoinTimer = setTimeout(() => this.#rejoin(), verdict.delayMs);
        return;
    }
  }

  #rejoin(): void {
    const { group, logger } = this.#options;
    this.#member = this.#newMember();
    this.#member.join().then(
      () => logger.info({ group }, 'a consumer has joined again'),
      (error: unknown) => this.#recover(error),
    );
  }

  /** The partitions go to others as soon as the broker hears of it, or when the session runs out. */
  #giveUp(error: KafkaTransportError): void {
    if (this.#closing !== undefined) return;
    this.#rejectStopped(error);
    void this.close({ timeoutMs: 0 });
  }
}
