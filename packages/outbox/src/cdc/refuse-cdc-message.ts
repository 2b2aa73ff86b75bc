import { OutboxError } from '../errors.js';
import type { OutboxMessage } from '../outbox-message.js';

/**
 * The connector publishes a row as soon as its transaction has committed, once, with the headers that are columns. What asks for more would
 * be lost without a word, so it is refused.
 *
 * @throws OutboxError CDC_UNSUPPORTED with `field` and `found`; of headers the names, because values may be secret.
 */
export function refuseCdcMessage({ type, headers = {}, deliverAfter, maxRetries }: OutboxMessage): void {
  const [name] = Object.keys(headers);
  if (name !== undefined) {
    throw unsupported(type, {
      field: `headers.${name}`,
      found: Object.keys(headers),
      hint: 'Put it into the payload: the connector makes headers of columns only. Or publish this event through a relay.',
    });
  }
  if (deliverAfter !== undefined) {
    throw unsupported(type, {
      field: 'deliverAfter',
      found: deliverAfter instanceof Date ? deliverAfter.getTime() : deliverAfter.ms,
      hint: 'Leave it out, or publish this event through a relay: the connector publishes at the commit.',
    });
  }
  if (maxRetries !== undefined) {
    throw unsupported(type, {
      field: 'maxRetries',
      found: maxRetries,
      hint: 'Leave it out: the connector knows no retries of one record, it stops at one that the broker refuses.',
    });
  }
}

function unsupported(
  type: string,
  { hint, ...fields }: { readonly field: string; readonly found: unknown; readonly hint: string },
): OutboxError {
  return new OutboxError('CDC_UNSUPPORTED', `${type} has ${fields.field}, which relay 'cdc' cannot deliver.`, {
    fields: { type, ...fields },
    hint,
  });
}
