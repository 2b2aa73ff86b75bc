/** How long a broker can deliver a record of a topic again. */
export type BrokerRetention =
  | { readonly kind: 'limited'; readonly retentionMs: number }
  /** Compacted, or kept for ever. */
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'unknown'; readonly reason: string };

export type RetentionVerdict =
  | { readonly kind: 'outlives' }
  | { readonly kind: 'too-short'; readonly brokerRetentionMs: number }
  | { readonly kind: 'unproven'; readonly reason: string };

/** A message that comes again after its inbox row was pruned is handled again: so the row must outlive the record. */
export function judgeRetention(inboxRetentionMs: number | 'forever', broker: BrokerRetention): RetentionVerdict {
  if (inboxRetentionMs === 'forever') return { kind: 'outlives' };
  switch (broker.kind) {
    case 'limited':
      // Equal is too short: the broker deletes whole segments, some time after they are due.
      return broker.retentionMs < inboxRetentionMs
        ? { kind: 'outlives' }
        : { kind: 'too-short', brokerRetentionMs: broker.retentionMs };
    case 'unlimited':
      return { kind: 'unproven', reason: 'the broker keeps the topic for ever' };
    case 'unknown':
      return { kind: 'unproven', reason: broker.reason };
  }
}
