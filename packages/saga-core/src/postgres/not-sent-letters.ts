import { parseCommandId } from '@backstitch/messaging';
import type { FailedRow } from '@backstitch/outbox';
import { keyOf } from '../machine/unit.js';
import type { NewLetter } from '../engine/saga-store.js';

/** The `aggregateType` of the outbox rows that hold commands; their `aggregateId` is the command's id. */
export const sagaCommandAggregate = 'saga-command';

/** The ids of the rows that hold commands. */
export function commandsAmong(rows: readonly FailedRow[]): readonly string[] {
  return rows.flatMap(({ aggregateType, id }) => (aggregateType === sagaCommandAggregate ? [id] : []));
}

const brokerAnswer = /^([A-Z][A-Z0-9_]*): (.*)$/s;

/**
 * What the machine must hear of rows that the broker refused for the last time: `notSent`, one letter a command.
 *
 * Not of a row in doubt. An earlier send of it ended without an answer and may have arrived; `notSent` says that the participant cannot have
 * seen the command. The step's deadline decides there, as it does for any answer that does not come.
 */
export function notSentLetters(rows: readonly FailedRow[]): readonly NewLetter[] {
  return rows.flatMap((row): NewLetter[] => {
    if (row.aggregateType !== sagaCommandAggregate || row.inDoubt) return [];
    const command = parseCommandId(row.aggregateId);
    if (command === undefined) return [];
    const { sagaId, round, direction } = command;
    const step = keyOf(command);
    const [, code = 'STEP_NOT_SENT', message = row.lastError] = brokerAnswer.exec(row.lastError) ?? [];
    // A row is revived by a resend and may fail again: the count of that failure would be the same, so it is one letter until it is taken.
    return [{ id: `not-sent/${row.id}`, sagaId, input: { kind: 'notSent', step, round, direction, code, message } }];
  });
}
