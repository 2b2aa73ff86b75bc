import { IdempotencyError } from '../../errors.js';
import type { InboxLogger } from './inbox-logger.js';
import { type BrokerRetention, judgeRetention } from './judge-retention.js';

export interface RetentionCheck {
  readonly topics: readonly string[];
  readonly inboxRetentionMs: number | 'forever';
  readonly brokerRetention: ((topic: string) => Promise<BrokerRetention>) | undefined;
  readonly onShortRetention: 'refuse' | 'warn';
  readonly logger: InboxLogger;
}

/** Throws `RETENTION_TOO_SHORT`, or warns; and warns where nothing can be proven. */
export async function assertRetention(check: RetentionCheck): Promise<void> {
  const { inboxRetentionMs, logger } = check;
  const ask =
    check.brokerRetention ?? (async () => ({ kind: 'unknown', reason: 'no brokerRetention was given' }) as const);
  for (const topic of check.topics) {
    const verdict = judgeRetention(inboxRetentionMs, await ask(topic));
    if (verdict.kind === 'outlives') continue;
    const fields = { topic, inboxRetentionMs, ...verdict };
    if (verdict.kind === 'unproven') {
      logger.warn(
        fields,
        'Nothing proves that the inbox outlives the topic; a record read again later would be handled again.',
      );
    } else if (check.onShortRetention === 'warn') {
      logger.warn(fields, 'The broker keeps the topic longer than the inbox keeps its rows.');
    } else {
      throw new IdempotencyError(
        'RETENTION_TOO_SHORT',
        'The broker keeps the topic longer than the inbox keeps its rows.',
        {
          fields,
          hint: 'Raise inboxRetentionMs above the topic\'s retention.ms, or set onShortRetention to "warn".',
        },
      );
    }
  }
}
