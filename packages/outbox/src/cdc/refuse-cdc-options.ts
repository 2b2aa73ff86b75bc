import { OutboxError } from '../errors.js';

/** What belongs to a relay, and why a connector has no use for it. */
const refused = {
  hints: 'Leave it out: no relay waits for a hint, the connector reads the write-ahead log.',
  bornLeaseMs: 'Leave it out: what the connector publishes is never leased.',
  maxRetries: 'Leave it out: the connector knows no retries of one record, it stops at one that the broker refuses.',
  traceContext:
    'Leave it out: the connector makes headers of columns only, and a trace has none. Or publish through a relay of this package.',
} as const;

/** @throws OutboxError OPTIONS_INVALID for an option of `createOutbox` that says nothing where `relay` is `'cdc'`. */
export function refuseCdcOptions(options: { readonly [Field in keyof typeof refused]?: unknown }): void {
  for (const [field, hint] of Object.entries(refused)) {
    const found = options[field as keyof typeof refused];
    if (found === undefined) continue;
    const value = typeof found === 'number' ? found : `of type ${typeof found}`;
    throw new OutboxError('OPTIONS_INVALID', `${field} is ${value}, and relay is 'cdc'.`, {
      fields: { field, found: value, relay: 'cdc' },
      hint,
    });
  }
}

/** @throws OutboxError OPTIONS_INVALID where the outbox is on another database than Postgres: its types say so, JavaScript does not. */
export function refuseCdcElsewhere(relay: unknown): void {
  if (relay !== 'cdc') return;
  throw new OutboxError('OPTIONS_INVALID', "relay is 'cdc', which is for Postgres.", {
    fields: { field: 'relay', found: relay },
    hint: 'Give a relay, or leave it out where one runs elsewhere.',
  });
}
