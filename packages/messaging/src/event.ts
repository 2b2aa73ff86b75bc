/** A domain event: a fact that a service publishes for anyone. */
export interface DomainEvent {
  /** Of this event: a consumer that has seen it may skip it. */
  readonly id: string;
  /** Who published it. */
  readonly source: string;
  /** `OrderConfirmed`. */
  readonly type: string;
  /** Of the payload's shape, from 1. */
  readonly version: number;
  /** ISO 8601, when it happened. */
  readonly time: string;
  /** What it happened to, usually the aggregate's id. */
  readonly subject?: string;
}

/** Lengths in UTF-16 units. */
export const eventLimits = { id: 512, source: 512, type: 128, subject: 512 } as const;
