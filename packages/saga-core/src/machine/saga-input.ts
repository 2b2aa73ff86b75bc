/** What can happen to an instance. Everything enters through `transition`, operators' verbs too. */
export type SagaInput =
  | { readonly kind: 'started' }
  | RepliedInput
  /** The broker refused the command's record for good. */
  | {
      readonly kind: 'notSent';
      readonly step: string;
      readonly round: number;
      readonly direction: Direction;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly kind: 'localFinished';
      readonly step: string;
      readonly direction: Direction;
      readonly outcome: LocalOutcome;
    }
  /** A call of this or another process came back. `attempt` names which. */
  | {
      readonly kind: 'callFinished';
      readonly step: string;
      readonly round: number;
      readonly direction: Direction;
      readonly attempt: number;
      readonly outcome: LocalOutcome;
    }
  /** Somebody said what a `waitFor` waits for. The body fits the step's schema: whoever took it in checked that. */
  | { readonly kind: 'signalled'; readonly step: string; readonly id: string; readonly body: unknown }
  /** Time has passed. `unsent` holds the ids of commands that still lie in the outbox. */
  | { readonly kind: 'deadlineReached'; readonly unsent: readonly string[] }
  /** The answer to a `withdrawCommands` effect: which of them were taken back. */
  | { readonly kind: 'withdrawn'; readonly commandIds: readonly string[] }
  | (Verb & { readonly kind: 'cancel' })
  | (Verb & { readonly kind: 'pause' })
  | (Verb & { readonly kind: 'resume' })
  | (Verb & { readonly kind: 'retry' })
  /** Goes on without a step, as if it had been done; later steps read `output`. */
  | (Verb & { readonly kind: 'skip'; readonly step: string; readonly output?: unknown })
  /** Says what became of the parked step, by hand. */
  | (Verb & { readonly kind: 'resolve'; readonly step: string; readonly outcome: Resolution });

export type Direction = 'do' | 'undo';

export interface RepliedInput {
  readonly kind: 'replied';
  readonly step: string;
  readonly round: number;
  readonly direction: Direction;
  readonly attempt: number;
  /** The participant on whose reply topic it came, where the broker vouches for that: no other participant's answer counts. */
  readonly from?: string;
  readonly outcome: ReplyOutcome;
}

export type ReplyOutcome =
  | { readonly kind: 'succeeded'; readonly output?: unknown }
  /** It took effect, but its body is not what the contract says. */
  | { readonly kind: 'contractBroken'; readonly message: string; readonly body: unknown }
  | { readonly kind: 'declined'; readonly code: string; readonly message: string; readonly detail?: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export type LocalOutcome =
  | { readonly kind: 'succeeded'; readonly output?: unknown }
  | { readonly kind: 'declined'; readonly code: string; readonly message: string; readonly detail?: unknown }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What a person found out about a step: it took effect (with this output) · it had none · its undo is done. */
export type Resolution =
  | { readonly kind: 'succeeded'; readonly output?: unknown }
  | { readonly kind: 'declined'; readonly code: string; readonly message: string }
  | { readonly kind: 'compensated' };

/** An operator's word: who and why, kept in the journal. */
export interface Verb {
  readonly actor: string;
  readonly reason: string;
}
