import type { AdvanceOptions } from './advance-options.js';
import type { Item, ReplyItem } from './item.js';
import { thrownMessage } from '../thrown-message.js';

/**
 * Puts aside what can never be applied, so that what is behind it can. Only where the data or the code is at fault: what the database does not
 * do as it is now (a table that is missing, a statement that took too long) is thrown, and the broker delivers again.
 */
export async function blame<Trx>(
  options: AdvanceOptions<Trx>,
  { sagaId, items }: { readonly sagaId: string; readonly items: readonly Item[] },
  error: unknown,
): Promise<void> {
  if (options.store.classify(error) === 'refused') throw error;
  const reason = thrownMessage(error);
  options.logger.error({ sagaId, err: error }, 'what came in for this saga cannot be applied');
  await quarantineReplies(options, items, `cannot be applied: ${reason}`);
}

export async function quarantineReplies<Trx>(
  { store, logger }: AdvanceOptions<Trx>,
  items: readonly Item[],
  reason: string,
): Promise<void> {
  const replies = items.filter((item): item is ReplyItem => item.kind === 'reply');
  if (replies.length === 0) return;
  logger.warn({ sagaId: replies[0]?.sagaId, count: replies.length, reason }, 'reply quarantined');
  await store.quarantine(replies.map(({ record }) => ({ ...record, reason })));
}
