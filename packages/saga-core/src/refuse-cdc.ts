import { SagaError } from './errors.js';

/**
 * For those who write JavaScript and expect of a saga what `createOutbox` can. A command is delayed, withdrawn and told of where it cannot be
 * sent; a command or reply that is sent again is the same row, updated, and a connector publishes inserts only.
 *
 * @throws SagaError OPTION_INVALID
 */
export function refuseCdc(options: object): void {
  if (Reflect.get(options, 'relay') !== 'cdc') return;
  throw new SagaError('OPTION_INVALID', "option 'relay' is 'cdc': commands and replies need a relay", {
    fields: { field: 'relay', value: 'cdc' },
    hint: "Leave it out. For domain events create an outbox beside it, on the same schema: createOutbox({ database, relay: 'cdc' }).",
  });
}
