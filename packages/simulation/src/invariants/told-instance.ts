import type { JournalEntry, JournalEvent, SagaDefinition, InstanceState } from '@backstitch/saga-core';
import { fold } from '@backstitch/saga-core';
import type { Effect } from '../workload/effects.js';

/** An instance as it stands in the tables when all is at rest. */
export interface RestingRow {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly startKey: string | null;
  readonly state: string;
  readonly input: string | null;
  readonly journal: readonly string[];
  readonly wakeAt: number | null;
  readonly paused: boolean;
}

/** An instance, what it told of itself, and what its commands did. */
export interface ToldInstance {
  readonly row: RestingRow;
  readonly definition: SagaDefinition;
  readonly state: InstanceState;
  readonly journal: readonly JournalEntry[];
  readonly events: readonly (JournalEvent & { readonly at: number; readonly cause: string })[];
  readonly folded: ReturnType<typeof fold>;
  /** By command id of the do. */
  readonly effects: ReadonlyMap<string, Effect>;
  /** A person said what became of a step: the books of the participants need not agree. */
  readonly isByHand: boolean;
}

export function toldInstance(
  row: RestingRow,
  definition: SagaDefinition,
  effects: ReadonlyMap<string, Effect>,
): ToldInstance {
  const journal = row.journal.map((entry) => JSON.parse(entry) as JournalEntry);
  return {
    row,
    definition,
    journal,
    effects,
    state: JSON.parse(row.state) as InstanceState,
    events: journal.flatMap(({ at, cause, events }) => events.map((event) => ({ ...event, at, cause: cause.kind }))),
    folded: fold({ status: 'running', steps: {} }, journal),
    isByHand: journal.some(({ cause }) => cause.kind === 'resolve' || cause.kind === 'skip'),
  };
}

/** `hold[2]` is an item of `hold`. */
export function stepNameOf(unit: string): { readonly step: string; readonly item: number } {
  const found = /^(.*)\[(\d+)\]$/.exec(unit);
  return found === null ? { step: unit, item: -1 } : { step: found[1] ?? unit, item: Number(found[2]) };
}

/** What the commands of a unit did, over all its rounds. */
export function effectsOf({ row, effects }: ToldInstance, unit: string): readonly Effect[] {
  const { step, item } = stepNameOf(unit);
  return [...effects.values()].filter((each) => each.sagaId === row.id && each.step === step && each.item === item);
}
