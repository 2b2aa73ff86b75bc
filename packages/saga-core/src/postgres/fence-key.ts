import { foundText } from '@backstitch/messaging';
import type { FenceKey } from '../participant/fence-store.js';
import { SagaError } from '../errors.js';
import { requireStorable } from './storable-text.js';

const largest = 2_147_483_647;

/** A key from the wire as parameters of a statement. Throws COMMAND_INVALID for what no orchestrator can have meant. */
export function fenceKeyValues({ sagaId, step, item, round }: FenceKey): readonly [string, string, number, number] {
  requireStorable(sagaId, { code: 'COMMAND_INVALID', field: 'sagaId', maxLength: 512 });
  requireStorable(step, { code: 'COMMAND_INVALID', field: 'step', maxLength: 200 });
  requireNumber('item', item, -1);
  requireNumber('round', round, 0);
  return [sagaId, step, item, round];
}

function requireNumber(field: string, found: number, least: number): void {
  if (Number.isInteger(found) && found >= least && found <= largest) return;
  throw new SagaError(
    'COMMAND_INVALID',
    `${field} is ${foundText(found)}; it must be a whole number from ${least} to ${largest}.`,
    {
      fields: { field, found },
      hint: 'The command was not written by an orchestrator: look at what else writes to the topic.',
    },
  );
}
