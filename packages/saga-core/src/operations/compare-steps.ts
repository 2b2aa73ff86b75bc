import { type DefinitionChange, inEffect, reached, underWay } from './definition-change.js';
import type { StepDescription } from './describe-definition.js';

/** What changed about one step; its place and its name aside. Words and concerns go by the name it had. */
export function compareSteps(was: StepDescription, is: StepDescription): readonly DefinitionChange[] {
  return [
    ...kindChange(was, is),
    ...commandChange(was, is),
    ...childChange(was, is),
    ...undoChange(was, is),
    ...whenChange(was, is),
    ...pace(was, is),
  ];
}

function kindChange({ name, kind }: StepDescription, is: StepDescription): DefinitionChange[] {
  if (kind === is.kind) return [];
  const words = `'${name}' was ${kind} and is ${is.kind}: what it waits for, and how it is undone, are other things`;
  const concerns = [{ step: name, statuses: inEffect }];
  return [{ kind: 'kind changed', class: 'needs a migration', step: name, words, concerns }];
}

function commandChange(was: StepDescription, is: StepDescription): DefinitionChange[] {
  const { name, command } = was;
  if (command === undefined || is.command === undefined || command === is.command) return [];
  if (participantOf(command) !== participantOf(is.command)) {
    const words = `'${name}' sent ${command} and sends ${is.command}: the undo of what was done would go to a participant that has no fence of it`;
    const concerns = [{ step: name, statuses: inEffect }];
    return [{ kind: 'participant changed', class: 'unsafe', step: name, words, concerns }];
  }
  const words = `'${name}' sent ${command} and sends ${is.command}: a resend would carry what was recorded for the other`;
  const concerns = [{ step: name, statuses: underWay }];
  return [{ kind: 'command changed', class: 'safe for new ones only', step: name, words, concerns }];
}

function childChange({ name, child }: StepDescription, is: StepDescription): DefinitionChange[] {
  if (child === undefined || is.child === undefined || child === is.child) return [];
  const words = `'${name}' began '${child}' and begins '${is.child}': what was begun answers to the other's contract`;
  const concerns = [{ step: name, statuses: inEffect }];
  return [{ kind: 'child changed', class: 'needs a migration', step: name, words, concerns }];
}

/** `<participant>.<command>`: neither of the two holds a dot. */
function participantOf(command: string): string {
  return command.slice(0, command.indexOf('.'));
}

function undoChange(was: StepDescription, is: StepDescription): DefinitionChange[] {
  const { name, undo } = was;
  // Where the pivot moved past it, that is the change; and another kind has another undo.
  if (undo === is.undo || was.phase !== is.phase || was.kind !== is.kind) return [];
  const concerns = [{ step: name, statuses: inEffect }];
  if (is.undo === null) {
    const words = `'${name}' was undone by ${undo} and is not undone any more`;
    return [{ kind: 'undo removed', class: 'unsafe', step: name, words, concerns }];
  }
  if (undo === null) {
    const words = `'${name}' had nothing to undo and is undone by ${is.undo}, which must understand what was done before`;
    return [{ kind: 'undo added', class: 'safe for new ones only', step: name, words, concerns }];
  }
  const words = `'${name}' was undone by ${undo} and is undone by ${is.undo}, which must understand what was done before`;
  return [{ kind: 'undo changed', class: 'safe for new ones only', step: name, words, concerns }];
}

function whenChange(was: StepDescription, is: StepDescription): DefinitionChange[] {
  if (was.when === is.when) return [];
  const { name } = was;
  // One that was skipped has no output, and later steps may now read one.
  const statuses = is.when ? [] : reached.filter((status) => status === 'skipped');
  const words = is.when
    ? `'${name}' may now be skipped: later steps may miss its output`
    : `'${name}' is not skipped any more: instances that skipped it have no output of it`;
  const concerns = statuses.length === 0 ? [] : [{ step: name, statuses }];
  return [{ kind: 'when changed', class: 'safe for new ones only', step: name, words, concerns }];
}

function pace(was: StepDescription, is: StepDescription): DefinitionChange[] {
  if (was.kind !== is.kind || was.phase !== is.phase || canonical(was.pace) === canonical(is.pace)) return [];
  const { name } = was;
  const words = `'${name}' has another timeout or policy: what is under way takes it on with its next attempt`;
  return [{ kind: 'pace changed', class: 'safe', step: name, words, concerns: [] }];
}

/** A committed file may have been written with its keys in another order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
