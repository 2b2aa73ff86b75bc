import { isDeepStrictEqual } from 'node:util';
import type { SagaDefinition } from '../definition/step-definition.js';
import { fold, withoutPace } from '../machine/evolve.js';
import { type InstanceState, isTerminal, stepStateOf } from '../machine/instance.js';
import { splitKey, unitsOf } from '../machine/unit.js';
import type { FenceEntry, RecordedInstance } from './test-ground.js';

/** What all instances and all fences are held against. */
export interface Evidence {
  readonly definitions: readonly SagaDefinition[];
  readonly instances: readonly RecordedInstance[];
  /** Participants that are part of the test, with what they remember. */
  readonly fences: ReadonlyMap<string, readonly FenceEntry[]>;
}

/** Sentences, one for each promise of the library's that does not hold; empty where all do. */
export function violationsIn({ definitions, instances, fences }: Evidence): readonly string[] {
  return instances.flatMap((instance) => {
    const about = `${instance.saga} ${instance.id}`;
    const definition = definitions.find(({ name, version }) => name === instance.saga && version === instance.version);
    const state = JSON.parse(instance.stateJson) as InstanceState;
    const found = [...journalFaults(instance, state)];
    if (definition !== undefined && isTerminal(state.status)) found.push(...fenceFaults(definition, instance, fences));
    return found.map((each) => `${about}: ${each}`);
  });
}

function journalFaults({ journal }: RecordedInstance, state: InstanceState): readonly string[] {
  const gaps = journal.filter(({ seq }, index) => seq !== index + 1);
  const folded = fold({ status: 'running', steps: {} }, journal).state;
  // A completed child may still be told to turn back.
  const ends = state.parent === undefined ? ['sagaCompleted', 'sagaCompensated'] : ['sagaCompensated'];
  const end = journal.findIndex(({ events }) => events.some(({ kind }) => ends.includes(kind)));
  return [
    ...(gaps.length === 0 ? [] : [`the journal has gaps: ${journal.map(({ seq }) => seq).join(', ')}`]),
    ...(isDeepStrictEqual(withoutPace(folded), withoutPace(state)) ? [] : ['its state is not the fold of its journal']),
    ...(end === -1 || end === journal.length - 1 ? [] : ['something was journalled after its end']),
  ];
}

/** Completed: what says that it succeeded has taken effect. Compensated: nothing that can be undone is left. */
function fenceFaults(
  definition: SagaDefinition,
  instance: RecordedInstance,
  fences: Evidence['fences'],
): readonly string[] {
  const state = JSON.parse(instance.stateJson) as InstanceState;
  const byHand = instance.journal.some(({ cause }) => cause.kind === 'resolve' || cause.kind === 'skip');
  const { bodies } = fold({ status: 'running', steps: {} }, instance.journal);
  return unitsOf(definition, bodies).flatMap((step) => {
    if (step.kind !== 'invoke') return [];
    const known = fences.get(step.command.participant);
    if (known === undefined || byHand) return [];
    const { status, round } = stepStateOf(state, step.name);
    const { step: name, item } = splitKey(step.name);
    const entry = known.find(
      (each) => each.sagaId === instance.id && each.step === name && each.item === (item ?? -1) && each.round === round,
    );
    const fence = entry?.status ?? 'fresh';
    if (state.status === 'completed' && status === 'succeeded' && fence !== 'succeeded')
      return [`step '${step.name}' succeeded, and '${step.command.participant}' says ${fence}`];
    // One whose undo was given up is not told to be compensated.
    const isUndone = step.compensate !== null && status !== 'notCompensated';
    if (state.status === 'compensated' && isUndone && fence === 'succeeded')
      return [`it is compensated, and what step '${step.name}' did at '${step.command.participant}' is still there`];
    return [];
  });
}
