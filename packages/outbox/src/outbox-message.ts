import type { DomainEvent } from '@backstitch/messaging';
import type { DeliverAfter } from './outbox-row.js';

export type Ordering = 'key' | 'none';

/** A domain event to be published. */
export interface OutboxMessage<Type extends string = string> {
  readonly topic: string;
  /** `order`. */
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** The lane within the topic. Default `aggregateId`. */
  readonly key?: string;
  /** `OrderConfirmed`. */
  readonly type: Type;
  /** Of the payload's shape. Default: the catalog's, else 1. */
  readonly version?: number;
  /** Plain data: at most 1 MiB of JSON, at most 64 deep. */
  readonly payload: unknown;
  /** Sent beside the event's own, which cannot be overwritten. `traceparent` for one. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `key`: the event keeps its place in its lane. `none`: it neither waits for its lane nor holds it up. Default: the outbox's, else `key`. */
  readonly ordering?: Ordering;
  /** Further sends after a refusal by the broker. Default: the outbox's, else 3. */
  readonly maxRetries?: number;
  /** A date, or `{ ms }` from now, by the database's clock. A delayed event has no place in its lane: its ordering is `none`. */
  readonly deliverAfter?: DeliverAfter;
  /** ISO 8601, when it happened. Default: now, by this process's clock; it is told to consumers and decides nothing here. */
  readonly time?: DomainEvent['time'];
}
