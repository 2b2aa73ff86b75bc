import { isDeepStrictEqual } from 'node:util';
import { withoutPace } from '@backstitch/saga-core';
import { effectsOf, stepNameOf, type ToldInstance } from './told-instance.js';

/** The sentences of the promises that one instance at rest breaks (design, section 12; the numbers are its). */
export function instanceFaults(told: ToldInstance): readonly string[] {
  const { row, state } = told;
  const found = [
    ...journalFaults(told),
    ...orderFaults(told),
    ...pivotFaults(told),
    ...timerFaults(told),
    ...(state.status === 'completed' ? completedFaults(told) : []),
    ...(state.status === 'compensated' ? compensatedFaults(told) : []),
  ];
  return found.map((each) => `${each} (${row.saga}@${row.version} ${row.id})`);
}

/** 6: a journal without gaps, of which the instance is the fold. */
function journalFaults({ journal, folded, state }: ToldInstance): readonly string[] {
  const hasGap = journal.some(({ seq }, index) => seq !== index + 1);
  const isFold = isDeepStrictEqual(withoutPace(folded.state), withoutPace(state));
  return [
    ...(hasGap ? ['6: the journal has gaps'] : []),
    ...(isFold ? [] : ['6: the instance is not the fold of its journal']),
  ];
}

/** 9 and 13: a step begins after those before it have succeeded, and is undone before them. */
function orderFaults({ definition, events }: ToldInstance): readonly string[] {
  const stageOf = new Map(definition.stages.flatMap((stage, index) => stage.map(({ name }) => [name, index] as const)));
  const found: string[] = [];
  // What it did before it was carried over, another definition decided.
  if (events.some(({ kind }) => kind === 'sagaMigrated')) return found;
  const over = new Set<string>();
  const standing = new Set<string>();
  for (const event of events) {
    if (event.kind === 'stepDispatched') {
      const stage = stageOf.get(stepNameOf(event.step).step) ?? 0;
      const missing = definition.stages
        .slice(0, stage)
        .flat()
        .find(({ name }) => !over.has(name));
      if (missing !== undefined) found.push(`9: '${event.step}' was begun before '${missing.name}' was over`);
      standing.add(event.step);
    }
    if (event.kind === 'stepSucceeded' || event.kind === 'stepSkipped') over.add(event.step);
    if (event.kind === 'undoDispatched') {
      const stage = stageOf.get(stepNameOf(event.step).step) ?? 0;
      const later = [...standing].find((each) => (stageOf.get(stepNameOf(each).step) ?? 0) > stage);
      if (later !== undefined) found.push(`13: '${event.step}' is undone while '${later}' still stands`);
    }
    if (
      ['stepCompensated', 'stepDeclined', 'stepSkipped', 'compensationGivenUp'].includes(event.kind) &&
      'step' in event
    )
      standing.delete(event.step ?? '');
  }
  return found;
}

/** 14: no undo past a committed pivot, and none while it is unknown. */
function pivotFaults({ definition, events }: ToldInstance): readonly string[] {
  const pivot = definition.stages.flat().find(({ phase }) => phase === 'pivot')?.name;
  const committed = events.findIndex((event) => event.kind === 'stepSucceeded' && event.step === pivot);
  const undone = events.findIndex((event, index) => event.kind === 'undoDispatched' && index > committed);
  const unknown = events.some((event) => event.kind === 'stepUnknown' && event.step === pivot);
  return [
    ...(pivot !== undefined && committed !== -1 && undone !== -1 ? ['14: something is undone past the pivot'] : []),
    ...(pivot !== undefined && unknown ? ['14: the pivot was given up while it was unknown'] : []),
  ];
}

const sleepMs = 3_000;
/** 19: no timer fires early by the database's clock. */
function timerFaults({ events }: ToldInstance): readonly string[] {
  const begun = events.find((event) => event.kind === 'stepDispatched' && event.step === 'dry')?.at;
  const woken = events.find((event) => event.kind === 'stepSucceeded' && event.step === 'dry')?.at;
  if (begun === undefined || woken === undefined || woken - begun >= sleepMs) return [];
  return [`19: it slept ${woken - begun} ms of ${sleepMs}`];
}

/** 11 and 15: each step that is said to have succeeded took effect once, and nothing was undone. */
function completedFaults(told: ToldInstance): readonly string[] {
  return unitsWithEffects(told).flatMap(({ unit, status }) => {
    const effects = effectsOf(told, unit);
    const dos = effects.reduce((sum, each) => sum + each.dos, 0);
    const undos = effects.reduce((sum, each) => sum + each.undos, 0);
    if (told.isByHand) return [];
    if (status === 'succeeded' && dos !== 1)
      return [`11: '${unit}' is said to have succeeded and was done ${dos} times`];
    if (undos > 0) return [`11: it is completed, and '${unit}' was undone`];
    if (status !== 'succeeded' && dos > 0) return [`15: '${unit}' is ${status} and has had its effect`];
    return [];
  });
}

/** 12: undone exactly where there was an effect. */
function compensatedFaults(told: ToldInstance): readonly string[] {
  return unitsWithEffects(told).flatMap(({ unit, status, hasUndo }) => {
    if (told.isByHand || status === 'notCompensated') return [];
    const left = effectsOf(told, unit).filter(({ dos, undos }) => dos !== undos);
    if (left.length === 0 || (!hasUndo && status !== 'declined')) return [];
    return [`12: it is compensated, and what '${unit}' did is still there`];
  });
}

interface UnitWithEffects {
  readonly unit: string;
  readonly status: string;
  readonly hasUndo: boolean;
}

/** The units of which somebody keeps books. */
function unitsWithEffects({ definition, state }: ToldInstance): readonly UnitWithEffects[] {
  return Object.entries(state.steps).flatMap(([unit, { status }]) => {
    const { step: name, item } = stepNameOf(unit);
    const step = definition.steps.get(name);
    if (step === undefined || (step.kind === 'each' && item === -1)) return [];
    if (step.kind !== 'invoke' && step.kind !== 'local' && step.kind !== 'each') return [];
    return [{ unit, status, hasUndo: step.compensate !== null && step.phase === 'compensatable' }];
  });
}
