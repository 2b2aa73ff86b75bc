import type { Logger, Subscription } from '@backstitch/messaging';
import type { GroupMember } from './group-member.js';
import { consumerDied, joinFirst } from './join-first.js';
import { judgeCrash } from './judge-crash.js';

export interface GroupSubscriptionOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly closeTimeoutMs: number;
  readonly logger: Logger;
  readonly newMember: (events: MemberEvents) => GroupMember;
}

export interface MemberEvents {
  readonly onProgress: () => void;
  readonly onCrash: (error: unknown) => void;
}

/** Keeps one member in the group until it is closed: a crashed one is replaced, unless waiting cannot mend what it died of. */
export class GroupSubscription implements Subscription {
  readonly stopped: Promise<void>;
  readonly #options: GroupSubscriptionOptions;
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
  }

  /** Resolves at the first assignment. Where that fails the caller hears of it, and nothing goes on behind its back. */
  async open(): Promise<void> {
    this.#member = await joinFirst(() => this.#newMember(), this.#options);
  }

  close({ timeoutMs = this.#options.closeTimeoutMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    clearTimeout(this.#rejoinTimer);
    await this.#member?.leave(timeoutMs);
    this.#resolveStopped();
  }

  #newMember(): GroupMember {
    return this.#options.newMember({
      onProgress: () => {
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
}
