import type { SagaDefinition } from '@backstitch/saga-core';
import { sightJournal } from '../sight-journal.js';
import type { ClientBooks } from '../workload/client.js';
import { type Effect, effectsTable } from '../workload/effects.js';
import type { World } from '../world.js';
import { instanceFaults } from './instance-faults.js';
import { recordFaults } from './record-faults.js';
import { type RestingRow, type ToldInstance, toldInstance } from './told-instance.js';

/** The sentences of all promises that are broken once everything is at rest. */
export function worldFaults(
  world: World,
  books: ClientBooks,
  definitionFor: (row: RestingRow) => SagaDefinition | undefined,
): readonly string[] {
  const rows = restingRows(world);
  const effects = allEffects(world);
  const told = rows.flatMap((row): ToldInstance[] => {
    const definition = definitionFor(row);
    return definition === undefined ? [] : [toldInstance(row, definition, effects)];
  });
  for (const each of told) sightJournal(each, world);
  return [
    ...world.watch.violations(),
    ...startFaults(rows, books),
    ...told.flatMap(instanceFaults),
    ...lockFaults(told),
    ...strandedEffects(told, effects),
    ...restFaults(world, told),
    ...outsideFaults(world, told),
    ...recordFaults(world, told),
  ];
}

export function restingRows({ engineGround }: World): readonly RestingRow[] {
  return engineGround.database.read((reader) => reader.table<RestingRow>('saga_instances').values());
}

function allEffects({ engineGround, participantGrounds }: World): ReadonlyMap<string, Effect> {
  const grounds = [engineGround, ...participantGrounds.values()];
  const effects = grounds.flatMap(({ database }) =>
    database.read((reader) => reader.table<Effect>(effectsTable).values()),
  );
  return new Map(effects.map((effect) => [effect.id, effect]));
}

/** 1, 2 and 3: what was acknowledged is there, once, and what was rolled back is not. */
function startFaults(rows: readonly RestingRow[], { acknowledged, rolledBack }: ClientBooks): readonly string[] {
  const found: string[] = [];
  for (const [key, id] of acknowledged) {
    const there = rows.filter(({ startKey }) => startKey === key);
    if (there.length === 0) found.push(`1: the start of ${key} was acknowledged and is not there`);
    else if (there.length > 1) found.push(`2: ${there.length} instances have the start key ${key}`);
    else if (there[0]?.id !== id) found.push(`1: the start of ${key} was acknowledged as another instance`);
  }
  for (const key of rolledBack)
    if (rows.some(({ startKey }) => startKey === key))
      found.push(`3: the start of ${key} was rolled back and is there`);
  return found;
}

/** 10: nothing takes effect twice, and nothing is left of an instance that is not there. */
function strandedEffects(told: readonly ToldInstance[], effects: ReadonlyMap<string, Effect>): readonly string[] {
  const known = new Map(told.map((each) => [each.row.id, each]));
  return [...effects.values()].flatMap(({ id, sagaId, step, item, dos, undos }) => [
    ...(dos > undos && !wasBegun(known.get(sagaId), item < 0 ? step : `${step}[${item}]`)
      ? [`9: ${id} took effect, and its instance never began it`]
      : []),
    ...(dos > 1 ? [`10: ${id} took effect ${dos} times`] : []),
    ...(undos > dos ? [`10: ${id} was undone more often than done`] : []),
    ...(known.has(sagaId) ? [] : [`24: ${id} belongs to no instance`]),
  ]);
}

function wasBegun(told: ToldInstance | undefined, unit: string): boolean {
  return told === undefined || told.events.some((event) => event.kind === 'stepDispatched' && event.step === unit);
}

/** 18 and 30: what lives is looked at again; nothing is parked that no rule parks. */
const mayPark = new Set(['STEP_DECLINED', 'STEP_FAILED', 'CONTRADICTION', 'SIGNAL_TIMED_OUT']);

function restFaults(_world: World, told: readonly ToldInstance[]): readonly string[] {
  return told.flatMap(({ row, state }) => {
    const about = `(${row.saga}@${row.version} ${row.id})`;
    if (state.status === 'parked') {
      const code = state.parked?.code ?? '';
      return mayPark.has(code) ? [] : [`30: it is parked with ${code} ${about}`];
    }
    if (state.status === 'completed' || state.status === 'compensated') return [];
    if (row.wakeAt === null && !row.paused) return [`18: it is ${state.status} and nothing will wake it ${about}`];
    return [`25: all has healed, and it is still ${state.status} ${about}`];
  });
}

/** 12, of calls to the outside: what was called and turned back was called to be undone. */
function outsideFaults({ outside }: World, told: readonly ToldInstance[]): readonly string[] {
  const called = [...outside.calls().keys()];
  return told.flatMap(({ row, state, isByHand }) => {
    if (row.saga !== 'outside' || isByHand) return [];
    const mine = called.filter((key) => key.startsWith(row.id));
    const isDone = mine.some((key) => key.endsWith('/do'));
    const isUndone = mine.some((key) => key.endsWith('/undo'));
    const about = `(${row.saga} ${row.id})`;
    if (state.status === 'completed' && !isDone)
      return [`11: it is completed and the service was never called ${about}`];
    if (state.status === 'completed' && isUndone)
      return [`11: it is completed and the service was told to undo ${about}`];
    if (state.status !== 'compensated' || !isDone || isUndone) return [];
    const { steps } = state;
    // A call that answered "no" says itself that it had no effect; one that was cut off before it began had none.
    return steps.ship?.status === 'compensated' ? [`12: it is compensated and the service was not told ${about}`] : [];
  });
}

/** Of the sagas that lock one customer, one runs at a time. */
function lockFaults(told: readonly ToldInstance[]): readonly string[] {
  const spans = told.flatMap(({ row, events }) => {
    const from = events.find(({ kind }) => kind === 'stepDispatched')?.at;
    if (row.saga !== 'basket' || from === undefined) return [];
    const until = events.at(-1)?.at ?? from;
    const { customer } = JSON.parse(row.input ?? '{}') as { customer?: string };
    return [{ id: row.id, customer, from, until }];
  });
  return spans.flatMap((one, at) =>
    spans
      .slice(at + 1)
      .filter((other) => other.customer === one.customer && one.from < other.until && other.from < one.until)
      .map((other) => `two that lock ${one.customer} ran at one time: ${one.id} and ${other.id}`),
  );
}
