import { OutboxError } from './errors.js';
import type { NewOutboxRow } from './outbox-row.js';

/** A database would refuse to touch a row twice in one statement, with an error that names no id. OUTBOX_DUPLICATE_ID. */
export function refuseTwins(rows: readonly NewOutboxRow[]): void {
  const seen = new Set<string>();
  for (const { id } of rows) {
    const name = id.toLowerCase();
    if (seen.has(name)) {
      throw new OutboxError('OUTBOX_DUPLICATE_ID', `The id ${id} is given twice in one insert.`, {
        fields: { id },
        hint: 'An id is one message. Give each message an id of its own, or send the last one only.',
      });
    }
    seen.add(name);
  }
}
