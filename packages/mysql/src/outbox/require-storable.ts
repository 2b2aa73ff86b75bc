import { type NewOutboxRow, OutboxError } from '@backstitch/outbox';
import { requireUuid } from './literal.js';

/** In characters. `text` takes any length on Postgres; here a server that is not strict would cut the text and say nothing. */
const longest = { topic: 249, key: 1024, aggregateType: 255, aggregateId: 255, eventType: 255 } as const;

/** Throws EVENT_INVALID with the field that the table cannot hold. */
export function requireStorable(rows: readonly NewOutboxRow[]): void {
  for (const row of rows) {
    requireUuid(row.id, 'EVENT_INVALID');
    for (const [field, most] of Object.entries(longest) as [keyof typeof longest, number][]) {
      const text = row[field];
      if (text.length <= most || [...text].length <= most) continue;
      throw new OutboxError('EVENT_INVALID', `The event's ${field} is longer than ${most} characters.`, {
        fields: { field, found: text.length, longest: most },
        hint: 'Give a shorter one: MySQL holds no more there.',
      });
    }
  }
}
