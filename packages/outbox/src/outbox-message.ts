import type { DomainEvent } from '@backstitch/messaging';

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
  /** Default true: the event keeps its place in its lane. */
  readonly ordered?: boolean;
  /** Further sends after a refusal by the broker. Default 3. */
  readonly maxRetries?: number;
  /** ISO 8601, when it happened. Default: now, by this process's clock; it is told to consumers and decides nothing here. */
  readonly time?: DomainEvent['time'];
}
