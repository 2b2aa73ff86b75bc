import type { CommandEnvelope } from '@backstitch/messaging';
import { fenceKeyOf } from './at-fence.js';

/** Commands of one name, no two of them at one row of the fence: they may go to one call of a batch handler. */
export type BatchGroup = readonly CommandEnvelope[];

/**
 * Parts commands into the fewest groups that a look ahead finds, so that those of one saga stay in the order of their arrival. A copy of a command, or the
 * undo of one, goes to a later group: by then it is known what the first came to. Pure.
 */
export function batchGroups(commands: readonly CommandEnvelope[]): readonly BatchGroup[] {
  const groups: BatchGroup[] = [];
  let left = commands;
  while (left.length > 0) {
    const { group, rest } = nextGroup(left);
    groups.push(group);
    left = rest;
  }
  return groups;
}

/** Takes the first command's name. A saga of which a command had to be left waits with what is behind it. */
function nextGroup(commands: readonly CommandEnvelope[]): { group: BatchGroup; rest: readonly CommandEnvelope[] } {
  const name = commands[0]?.command;
  const group: CommandEnvelope[] = [];
  const rest: CommandEnvelope[] = [];
  const taken = new Set<string>();
  const waiting = new Set<string>();
  for (const command of commands) {
    const place = fencePlace(command);
    if (command.command === name && !waiting.has(command.sagaId) && !taken.has(place)) {
      group.push(command);
      taken.add(place);
    } else {
      rest.push(command);
      waiting.add(command.sagaId);
    }
  }
  return { group, rest };
}

/** One text for each row of the fence. */
export function fencePlace(command: CommandEnvelope): string {
  const { sagaId, step, item, round } = fenceKeyOf(command);
  return JSON.stringify([sagaId, step, item, round]);
}
