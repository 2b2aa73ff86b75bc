import type { StepDefinition } from '../definition/step-definition.js';
import type { Refusal } from './apply-verb.js';
import { type Answer, askForInput, askForPayload } from './author.js';
import { type Draft, record, stepOf, unitNamed } from './draft.js';
import type { Correction, Direction } from './saga-input.js';

/**
 * Puts another payload in the place of the author's. Only where no copy of the old one can still take effect: nothing was sent, or what was sent
 * is settled as declined, so that the correction opens a round, and with it a command, of its own. The fence would answer any other with the
 * outcome of the first.
 */
export function applyCorrection(draft: Draft, { step: name, data }: Correction): Refusal | undefined {
  const unit = unitNamed(draft, name);
  if (unit === undefined) return { refused: `there is no step '${name}'` };
  if (draft.folded.state.parked?.step !== name)
    return { refused: `the instance is not parked for step '${name}': only its payload can be corrected` };
  const { status, round } = stepOf(draft, name);
  const direction = openDirection(unit, status);
  const checked = direction === undefined ? undefined : check(unit, direction, data);
  if (direction === undefined || checked === undefined) {
    const why = 'another payload would not be looked at, or there is none';
    return { refused: `step '${name}' (${unit.kind}) is ${status}: ${why}` };
  }
  if (checked.kind === 'refused') return { refused: checked.message };
  if (status === 'declined') record(draft, { kind: 'roundOpened', step: name, round: round + 1 });
  const { value } = checked;
  record(draft, { kind: 'payloadCorrected', step: name, direction, ...(value === undefined ? {} : { data: value }) });
  return undefined;
}

/** Which of its commands is still to be sent. */
function openDirection({ phase }: StepDefinition, status: string): Direction | undefined {
  if (status === 'pending' || (status === 'declined' && phase === 'retriable')) return 'do';
  return status === 'unknown' || status === 'succeeded' ? 'undo' : undefined;
}

/** Nothing where this step carries no payload in this direction. */
function check(unit: StepDefinition, direction: Direction, data: unknown): Answer<unknown> | undefined {
  const what = `the payload for step '${unit.name}'`;
  if (unit.kind === 'child') return direction === 'do' ? askForInput(() => data, unit.saga, what) : undefined;
  if (unit.kind !== 'invoke') return undefined;
  const command = direction === 'do' ? unit.command : unit.compensate?.command;
  return command === undefined ? undefined : askForPayload(() => data, command, what);
}
